/** Functions of ours that threads run. */
import { threadModule } from '../thread-module.ts';
import type { CarriedFunction } from './carried-function.ts';
import type { TaskDefinition } from './carried-payload.ts';

const drivers = new Map<string, CarriedFunction>();

/** An export of a part of the package that only threads load, always the same object. */
export function driverFunction(part: string, exportName: string): CarriedFunction {
  const key = `${part} ${exportName}`;
  let driver = drivers.get(key);
  if (driver === undefined) {
    const { href: url } = threadModule(`${part}.cjs`);
    const definition: TaskDefinition = { url, exportName, isDriver: true };
    driver = { definition, sharesMemory: false, name: exportName };
    drivers.set(key, driver);
  }
  return driver;
}
