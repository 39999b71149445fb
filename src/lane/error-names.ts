/**
 * What classes of errors are known as, from the moment on that they are there. The rest of what errors
 * need to cross threads is loaded when the first one does.
 */
import * as backbeatErrors from '../errors.ts';
import { InvalidArgumentError } from '../errors.ts';
import { CorruptValueError } from './corrupt-value.ts';
import { UncloneableError } from './uncloneable-error.ts';

/** A class whose objects are errors. */
export type ErrorClass = abstract new (...args: never[]) => Error;

interface Registration {
  readonly key: string;
  readonly url?: string;
}

/**
 * Under this key the global object has the names of classes, for all copies of this package in the
 * isolate: what a program on a thread registers with its copy, the thread's own finds when it is
 * thrown. The way back is for each copy alone, so that each gets errors of its own classes.
 */
const NAMES_KEY = Symbol.for('backbeat.errorClasses');

export const byKey: Map<string, ErrorClass> = new Map();
export const registrations: WeakMap<object, Registration> = registrationsOfIsolate();
export const builtIns: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>(
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

/** Notes a class under a key, for this copy of the package and for those that name it. */
export function put(Class: ErrorClass, key: string, url?: string): void {
  byKey.set(key, Class);
  if (!registrations.has(Class)) {
    registrations.set(Class, url === undefined ? { key } : { key, url });
  }
}

/** Whether it is a class of errors, and none of the language. */
export function isErrorClass(value: unknown): value is ErrorClass {
  if (typeof value !== 'function' || builtIns.get(value.name) === value) return false;
  const prototype: unknown = value.prototype;
  return typeof prototype === 'object' && prototype instanceof Error;
}

function registrationsOfIsolate(): WeakMap<object, Registration> {
  const place = globalThis as { [NAMES_KEY]?: WeakMap<object, Registration> };
  const known = place[NAMES_KEY];
  if (known !== undefined) return known;
  const value = new WeakMap<object, Registration>();
  Object.defineProperty(place, NAMES_KEY, { value, configurable: true });
  return value;
}
