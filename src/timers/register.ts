/**
 * `backbeat/register`: importing it gives the whole isolate the timers of `backbeat/timers`. It
 * replaces the globals and what `node:timers` and `node:timers/promises` hand out, to `require` and
 * to `import`.
 *
 *     node --import backbeat/register program.js
 *     node -r backbeat/register program.js
 *
 * Worker threads inherit these flags; a worker started from a program that imports this module in
 * its code needs the import too. Timers that Node makes for itself (sockets, `AbortSignal.timeout`
 * and the like, as far as loaded before) stay Node's.
 *
 * @example
 * ```ts
 * import { register, unregister } from 'backbeat/register';
 * setTimeout(() => console.log('native'), 5);
 * unregister();
 * setTimeout(() => console.log('Node'), 5);
 * register();
 * unregister();
 * ```
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import promises from 'node:timers/promises';
import { RegistrationError } from '../errors.ts';
import ourTimers from './index.ts';
import ourPromises from './promises.ts';

type Functions = Readonly<Record<string, unknown>>;

/** A name in one of the objects that hand out timers. */
interface Replacement {
  readonly holder: object;
  readonly name: string;
  readonly original: PropertyDescriptor;
  readonly ours: unknown;
}

const { setTimeout, clearTimeout, setInterval, clearInterval } = ourTimers;
const GLOBALS: Functions = { setTimeout, clearTimeout, setInterval, clearInterval };
const PROMISES: Functions = {
  setTimeout: ourPromises.setTimeout,
  setInterval: ourPromises.setInterval,
  scheduler: ourPromises.scheduler,
};
/** Seen by another copy of this package in the same isolate. */
const REGISTERED = Symbol.for('backbeat.register');

let replacements: readonly Replacement[] = [];

/**
 * Replaces the timers of this isolate. Importing the module has done it already; this is for after
 * an {@link unregister}.
 *
 * @throws RegistrationError `BACKBEAT_REGISTRATION` when they are replaced already.
 */
export function register(): void {
  if (Reflect.get(globalThis.setTimeout, REGISTERED) === true || replacements.length > 0) {
    throw new RegistrationError('the timers are registered already; call unregister() first');
  }
  replacements = [
    ...plan(globalThis, GLOBALS),
    ...plan(timers, GLOBALS),
    ...plan(promises, PROMISES),
  ];
  for (const { holder, name, original, ours } of replacements) {
    // Not all of the old property: Deno's globals are accessors.
    const { configurable = true, enumerable = true } = original;
    Object.defineProperty(holder, name, { configurable, enumerable, writable: true, value: ours });
  }
  syncBuiltinESMExports();
}

/**
 * Gives back what was there before. Pending timers stay pending, and Node's clear functions clear
 * them.
 *
 * @throws RegistrationError `BACKBEAT_REGISTRATION` when nothing is registered, or when somebody,
 * a fake clock for one, has replaced a function of ours and not given it back.
 */
export function unregister(): void {
  if (replacements.length === 0) {
    throw new RegistrationError('the timers are not registered');
  }
  const taken = replacements.find(({ holder, name, ours }) => Reflect.get(holder, name) !== ours);
  if (taken !== undefined) {
    throw new RegistrationError(
      `${taken.name} was replaced by somebody else since (fake timers?); undo that first`,
    );
  }
  for (const { holder, name, original } of replacements) {
    Object.defineProperty(holder, name, original);
  }
  replacements = [];
  syncBuiltinESMExports();
}

/** True while the timers of this isolate are ours. */
export function isRegistered(): boolean {
  return replacements.length > 0;
}

Object.defineProperty(setTimeout, REGISTERED, { value: true });
register();

function plan(holder: object, functions: Functions): Replacement[] {
  return Object.entries(functions).flatMap(([name, ours]) => {
    const original = Object.getOwnPropertyDescriptor(holder, name);
    return original === undefined ? [] : [{ holder, name, original, ours }];
  });
}
