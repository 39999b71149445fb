/**
 * Errors as plain data, and back.
 *
 * A record holds what an error is made of. Records point to the records of causes and of the errors of
 * an AggregateError, in circles too if need be; the value codec keeps that.
 */
import { types } from 'node:util';
import { threadId } from 'node:worker_threads';
import { BackbeatError } from '../errors.ts';
import { CorruptValueError } from './corrupt-value.ts';
import {
  type ClassLink,
  classOfLinks,
  isModuleNoted,
  linksOf,
  noteErrorClasses,
} from './error-classes.ts';
import { describeThrown } from './uncloneable.ts';
import { UncloneableError } from './uncloneable-error.ts';
import { encodeOwn, NEEDS_PORT } from './value-codec.ts';

export { registerErrorClass } from './error-names.ts';

/** What was thrown: an error, or any other value. */
type Thrown = ErrorRecord | ValueRecord;

interface ValueRecord {
  readonly kind: 'value';
  readonly value: unknown;
}

interface ErrorRecord {
  readonly kind: 'error';
  readonly links: ClassLink[];
  readonly isDomException: boolean;
  readonly name: string;
  readonly message: string;
  /** `undefined` for an error without one. */
  readonly stack: string | undefined;
  readonly thread: string;
  readonly properties: Property[];
  /** Properties that could not be cloned, such as `socket: a Socket holds a native handle`. */
  readonly uncloneable: string[];
}

interface Property {
  readonly key: string;
  readonly enumerable: boolean;
  /** What `value` is: data, a record, or an array of records. */
  readonly holds: 'data' | 'thrown' | 'list';
  readonly value: unknown;
}

/** A longer stack is cut: nobody reads it, and it would be copied with every error. */
const MAX_STACK_CHARACTERS = 32_768;
/** Causes deeper than this are named, not carried. */
const MAX_DEPTH = 64;
const MAX_PROPERTIES = 1000;
/** Properties of errors that count although they are not enumerable. */
const KNOWN_HIDDEN = new Set(['name', 'message', 'cause', 'errors']);

/**
 * What was thrown as plain data, which the value codec and node:v8 can carry. Never throws.
 *
 * Kept are class, name, message, stack, own enumerable properties, `cause` and `errors`. A property
 * that cannot be cloned becomes a string that says what it was, and is listed in the `uncloneable`
 * property of the error that `decodeError` makes. A thrown value that is no error comes back as it is;
 * one that cannot be cloned comes back as an UncloneableError.
 *
 * @param thread - what the thread is called in the joined stack
 */
export function encodeError(error: unknown, thread: string = `thread ${threadId}`): unknown {
  try {
    return new ErrorWriter(thread).thrown(error, 'thrown', 0);
  } catch (failure) {
    return unreadable(thread, failure);
  }
}

/**
 * The error, or the other value, that `encodeError` was given.
 *
 * @param callerStack - `stack` of an error made where the work was asked for; its frames come after those
 *   of the thread, behind a line that names the thread
 */
export function decodeError(data: unknown, callerStack?: string): unknown {
  try {
    return new ErrorReader(callerStack).thrown(data);
  } catch (failure) {
    return new CorruptValueError(`an error could not be read, ${describeThrown(failure)}`);
  }
}

/** URLs of the modules that export classes of `data` and are not known here yet. */
export function missingErrorModules(data: unknown): readonly string[] {
  const urls = new Set<string>();
  const met = new Set<unknown>();
  const places = [data];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    if (!isRecord(place) || met.has(place)) continue;
    met.add(place);
    if (place.kind !== 'error') continue;
    for (const { url } of place.links) if (url !== undefined && !isModuleNoted(url)) urls.add(url);
    for (const { holds, value } of place.properties) {
      if (holds === 'thrown') places.push(value);
      if (holds === 'list') places.push(...(value as unknown[]));
    }
  }
  return [...urls];
}

/**
 * Imports modules that export classes of errors, so that `decodeError` finds the classes. One that
 * cannot be imported is left out.
 */
export async function importErrorClasses(urls: readonly string[]): Promise<void> {
  await Promise.allSettled(urls.map(async (url) => noteErrorClasses(url, await import(url))));
}

class ErrorWriter {
  readonly #thread: string;
  readonly #written = new Map<object, ErrorRecord>();

  constructor(thread: string) {
    this.#thread = thread;
  }

  thrown(value: unknown, path: string, depth: number): Thrown {
    if (isError(value)) return this.#error(value, depth);
    const refusal = refusalOf(value, path);
    if (refusal === undefined) return { kind: 'value', value };
    return this.#error(refusal, depth);
  }

  #error(error: Error, depth: number): ErrorRecord {
    const known = this.#written.get(error);
    if (known !== undefined) return known;
    const record: ErrorRecord = {
      kind: 'error',
      links: attempt(() => linksOf(error), []),
      isDomException: attempt(() => error instanceof DOMException, false),
      name: textOf(error, 'name', 'Error'),
      message: textOf(error, 'message', ''),
      stack: stackOf(error),
      thread: this.#thread,
      properties: [],
      uncloneable: [],
    };
    this.#written.set(error, record);
    const keys = attempt(() => Reflect.ownKeys(error), []);
    for (const key of keys) {
      if (typeof key !== 'string' || key === 'stack') continue;
      if (record.properties.length >= MAX_PROPERTIES) {
        record.uncloneable.push(`${keys.length - MAX_PROPERTIES} more properties`);
        break;
      }
      this.#property(record, error, key, depth);
    }
    return record;
  }

  #property(record: ErrorRecord, error: object, key: string, depth: number): void {
    const enumerable = attempt(
      () => Object.getOwnPropertyDescriptor(error, key)?.enumerable === true,
      false,
    );
    if (!enumerable && !KNOWN_HIDDEN.has(key)) return;
    let value: unknown;
    try {
      value = (error as Record<string, unknown>)[key];
    } catch (failure) {
      this.#lose(record, key, enumerable, `a getter that throws ${describeThrown(failure)}`);
      return;
    }
    if (isError(value)) {
      if (depth >= MAX_DEPTH && !this.#written.has(value)) {
        this.#lose(record, key, enumerable, `${describeThrown(value)}, nested too deeply`);
        return;
      }
      const inner = this.#error(value, depth + 1);
      record.properties.push({ key, enumerable, holds: 'thrown', value: inner });
    } else if (isListOfErrors(value) && depth < MAX_DEPTH) {
      const list = Array.from(value, (one, index) =>
        this.thrown(one, `${key}[${index}]`, depth + 1),
      );
      record.properties.push({ key, enumerable, holds: 'list', value: list });
    } else {
      const refusal = refusalOf(value, key);
      if (refusal === undefined) record.properties.push({ key, enumerable, holds: 'data', value });
      else this.#lose(record, key, enumerable, refusal.reason, refusal.path);
    }
  }

  #lose(record: ErrorRecord, key: string, enumerable: boolean, reason: string, path = key): void {
    record.properties.push({ key, enumerable, holds: 'data', value: `[${reason}]` });
    record.uncloneable.push(`${path}: ${reason}`);
  }
}

class ErrorReader {
  readonly #callerStack: string | undefined;
  readonly #read = new Map<object, Error>();

  constructor(callerStack: string | undefined) {
    this.#callerStack = callerStack;
  }

  thrown(data: unknown): unknown {
    if (!isRecord(data)) throw new TypeError('it is no record');
    return data.kind === 'value' ? data.value : this.#error(data);
  }

  #error(record: ErrorRecord): Error {
    const known = this.#read.get(record);
    if (known !== undefined) return known;
    const isFirst = this.#read.size === 0;
    const error = makeError(record);
    this.#read.set(record, error);
    for (const { key, enumerable, holds, value } of record.properties) {
      define(error, key, this.#value(holds, value), enumerable);
    }
    // Where the class does not say the same, for example because it is not known here.
    if (error.name !== record.name) define(error, 'name', record.name, false);
    if (error.message !== record.message) define(error, 'message', record.message, false);
    if (record.uncloneable.length > 0 && !Object.hasOwn(error, 'uncloneable')) {
      define(error, 'uncloneable', record.uncloneable, true);
    }
    if (record.stack === undefined) delete (error as { stack?: string }).stack;
    else
      define(
        error,
        'stack',
        isFirst ? this.#joined(record.stack, record.thread) : record.stack,
        false,
      );
    return error;
  }

  #value(holds: Property['holds'], value: unknown): unknown {
    if (holds === 'thrown') return this.thrown(value);
    if (holds === 'list') return (value as unknown[]).map((one) => this.thrown(one));
    return value;
  }

  #joined(stack: string, thread: string): string {
    if (this.#callerStack === undefined) return stack;
    const frames = this.#callerStack.search(/^ +at /m);
    const caller = frames < 0 ? '' : `\n${this.#callerStack.slice(frames)}`;
    return `${stack}\n    at (${thread})${caller}`;
  }
}

/** A real error with the prototype of the class, whose constructor may want other arguments. */
function makeError(record: ErrorRecord): Error {
  if (record.isDomException) {
    return new DOMException(record.message, record.name);
  }
  const error = new Error(record.message);
  if (!record.properties.some(({ key }) => key === 'message')) {
    delete (error as { message?: string }).message;
  }
  const { prototype } = classOfLinks(record.links);
  if (prototype !== Error.prototype) Object.setPrototypeOf(error, prototype);
  return error;
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

function isRecord(data: unknown): data is Thrown {
  if (typeof data !== 'object' || data === null) return false;
  const { kind } = data as { kind?: unknown };
  return kind === 'value' || kind === 'error';
}

function isError(value: unknown): value is Error {
  return (
    typeof value === 'object' &&
    value !== null &&
    (types.isNativeError(value) || attempt(() => value instanceof Error, false))
  );
}

function isListOfErrors(value: unknown): value is unknown[] {
  return attempt(() => Array.isArray(value) && value.some(isError), false);
}

/** Why `value` cannot be carried as bytes, if so. */
function refusalOf(value: unknown, path: string): UncloneableError | undefined {
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') {
    return undefined;
  }
  try {
    if (encodeOwn(value, path) !== NEEDS_PORT) return undefined;
    return new UncloneableError(path, {
      path: '',
      reason: 'something that is shared or moved, which errors do not carry',
    });
  } catch (failure) {
    if (failure instanceof UncloneableError) return failure;
    return new UncloneableError(path, { path: '', reason: describeThrown(failure) });
  }
}

function textOf(error: object, key: 'name' | 'message', otherwise: string): string {
  const value = attempt(() => (error as Record<string, unknown>)[key], undefined);
  if (typeof value === 'string') return value;
  return value === undefined ? otherwise : attempt(() => String(value), otherwise);
}

function stackOf(error: Error): string | undefined {
  const stack = attempt(() => error.stack as unknown, undefined);
  if (typeof stack !== 'string') return undefined;
  if (stack.length <= MAX_STACK_CHARACTERS) return stack;
  const left = stack.length - MAX_STACK_CHARACTERS;
  return `${stack.slice(0, MAX_STACK_CHARACTERS)}\n    … ${left} more characters`;
}

/** For an error that resists all reading. */
function unreadable(thread: string, failure: unknown): ErrorRecord {
  const message = `an error on another thread could not be read: ${describeThrown(failure)}`;
  return {
    kind: 'error',
    links: linksOf(new BackbeatError('', '')),
    isDomException: false,
    name: 'BackbeatError',
    message,
    stack: undefined,
    thread,
    properties: [
      { key: 'code', enumerable: true, holds: 'data', value: 'BACKBEAT_ERROR_UNREADABLE' },
    ],
    uncloneable: [],
  };
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
