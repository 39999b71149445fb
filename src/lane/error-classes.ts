/** The classes of errors that cross threads, as data and back. */
import {
  builtIns,
  byKey,
  type ErrorClass,
  isErrorClass,
  put,
  registrations,
} from './error-names.ts';

/** One step of the prototype chain of an error, from its own class to `Error`. */
export interface ClassLink {
  readonly name: string;
  /** What the class is registered under; without it the name decides among the built-in ones. */
  readonly key?: string;
  /** The module that exports it as the last part of `key`, when that is known. */
  readonly url?: string;
}

const MAX_LINKS = 32;
const MAX_STAND_INS = 500;

const standIns = new Map<string, ErrorClass>();
const notedModules = new Set<string>();

/** Notes the classes of errors that the module at `url` exports, so that they are found by it. */
export function noteErrorClasses(url: string, exports: Readonly<Record<string, unknown>>): void {
  if (notedModules.has(url)) return;
  notedModules.add(url);
  for (const name of Object.keys(exports)) {
    const Class = exports[name];
    if (isErrorClass(Class)) put(Class, `${url} ${name}`, url);
  }
}

/** Whether the classes of that module are known here. */
export function isModuleNoted(url: string): boolean {
  return notedModules.has(url);
}

/** The classes of an error, as far as they can be told. */
export function linksOf(error: object): ClassLink[] {
  const links: ClassLink[] = [];
  let prototype: object | null = Object.getPrototypeOf(error);
  while (prototype !== null && prototype !== Object.prototype && links.length < MAX_LINKS) {
    const Class: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    if (typeof Class === 'function') {
      const name: unknown = Object.getOwnPropertyDescriptor(Class, 'name')?.value;
      // Node's internal classes are nobody's: what they extend counts.
      if (typeof name === 'string' && name !== 'NodeError') {
        links.push({ name, ...registrations.get(Class) });
      }
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return links;
}

/** The class that the links describe; for unknown ones a stand-in of the same name. */
export function classOfLinks(links: readonly ClassLink[]): ErrorClass {
  let nearest = links.findIndex((link) => knownClass(link) !== undefined);
  if (nearest < 0) nearest = links.length;
  let Class = nearest < links.length ? knownClass(links[nearest]!)! : Error;
  for (let index = nearest - 1; index >= 0; index--) Class = standIn(links[index]!.name, Class);
  return Class;
}

function knownClass({ name, key }: ClassLink): ErrorClass | undefined {
  if (key !== undefined) return byKey.get(key);
  return builtIns.get(name) ?? (name === 'AssertionError' ? assertionError() : undefined);
}

/** Loaded when the first one comes: most programs never see one cross a thread. */
function assertionError(): ErrorClass | undefined {
  return process.getBuiltinModule?.('node:assert').AssertionError;
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

function standIn(name: string, Base: ErrorClass): ErrorClass {
  const number = numbers.get(Base) ?? ++lastNumber;
  numbers.set(Base, number);
  const key = `${number} ${name}`;
  let Class = standIns.get(key);
  if (Class === undefined) {
    Class = class extends (Base as new () => Error) {};
    Object.defineProperty(Class, 'name', { value: name, configurable: true });
    if (standIns.size >= MAX_STAND_INS) standIns.clear();
    standIns.set(key, Class);
  }
  return Class;
}
