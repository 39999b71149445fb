import * as backbeatErrors from '../errors.ts';
import { InvalidArgumentError } from '../errors.ts';
import { CorruptValueError } from './corrupt-value.ts';
import { UncloneableError } from './uncloneable-error.ts';

/** A class whose objects are errors. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** One step of the prototype chain of an error, from its own class to `Error`. */
export interface ClassLink {
  readonly name: string;
  /** What the class is registered under; without it the name decides among the built-in ones. */
  readonly key?: string;
  /** The module that exports it as the last part of `key`, when that is known. */
  readonly url?: string;
}

interface Registration {
  readonly key: string;
  readonly url?: string;
}

const MAX_LINKS = 32;
const MAX_STAND_INS = 500;

/**
 * Under this key the global object has the names of classes, for all copies of this package in the
 * isolate: what a program on a thread registers with its copy, the thread's own finds when it is
 * thrown. The way back is for each copy alone, so that each gets errors of its own classes.
 */
const NAMES_KEY = Symbol.for('backbeat.errorClasses');

const byKey = new Map<string, ErrorClass>();
const registrations = registrationsOfIsolate();
const standIns = new Map<string, ErrorClass>();
const notedModules = new Set<string>();

const builtIns = new Map<string, ErrorClass>(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
  ].map((Class) => [Class.name, Class]),
);

for (const Class of [...Object.values(backbeatErrors), UncloneableError, CorruptValueError]) {
  if (isErrorClass(Class)) put(Class, `backbeat ${Class.name}`);
}

/**
 * Makes errors of `Class` arrive as such when they cross threads. Call it on both sides, for example
 * in the module that defines the class. Its constructor is not called again: the prototype, the own
 * properties and the stack are restored. Private fields (`#x`) are not.
 *
 * Without it, an error arrives with the nearest class that is known on the other side; its name and
 * the name of its constructor are kept.
 *
 * @param name - what the class is known as on all sides, `Class.name` if omitted
 * @throws InvalidArgumentError when `Class` is no class of errors, or the name belongs to another one
 *
 * @example
 * ```ts
 * import { registerErrorClass } from 'backbeat';
 * class QuotaError extends Error {}
 * registerErrorClass(QuotaError);
 * ```
 */
export function registerErrorClass(Class: ErrorClass, name?: string): void {
  if (!isErrorClass(Class)) {
    throw new InvalidArgumentError('Class', Class, 'a class that extends Error');
  }
  const key = `registered ${name ?? Class.name}`;
  const known = byKey.get(key);
  if (known !== undefined && known !== Class) {
    throw new InvalidArgumentError('name', name ?? Class.name, 'free: another class has it');
  }
  put(Class, key);
}

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

function registrationsOfIsolate(): WeakMap<object, Registration> {
  const place = globalThis as { [NAMES_KEY]?: WeakMap<object, Registration> };
  const known = place[NAMES_KEY];
  if (known !== undefined) return known;
  const value = new WeakMap<object, Registration>();
  Object.defineProperty(place, NAMES_KEY, { value, configurable: true });
  return value;
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

function put(Class: ErrorClass, key: string, url?: string): void {
  byKey.set(key, Class);
  if (!registrations.has(Class)) {
    registrations.set(Class, url === undefined ? { key } : { key, url });
  }
}

function isErrorClass(value: unknown): value is ErrorClass {
  if (typeof value !== 'function' || builtIns.get(value.name) === value) return false;
  const prototype: unknown = value.prototype;
  return typeof prototype === 'object' && prototype instanceof Error;
}
