import { types } from 'node:util';
import { Serializer } from 'node:v8';
import { describeValue } from '../errors.ts';
import { isBuiltIn, isPlainClass } from './plain-classes.ts';
import { type Refusal, UncloneableError } from './uncloneable-error.ts';

/** What a walk through a value found. */
export interface Survey {
  readonly refusal: Refusal | undefined;
  /** Something inside travels through message ports only. */
  readonly needsPort: boolean;
}

/** The error for a value that could not be cloned, for `cause`. */
export function refuse(value: unknown, name: string, cause: unknown): UncloneableError {
  const { refusal } = surveyValue(value);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UncloneableError(name, refusal ?? { path: '', reason }, cause);
}

interface Place {
  readonly value: unknown;
  readonly path: string;
}

/** Walks through `value`, without recursion, until it finds something that cannot be cloned. */
export function surveyValue(value: unknown): Survey {
  const places: Place[] = [{ value, path: '' }];
  const met = new Set<object>();
  let needsPort = false;
  let suspect: Refusal | undefined;
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { value: part, path } = place;
    if (typeof part === 'function') return refused(path, describeFunction(part));
    if (typeof part === 'symbol') return refused(path, `a symbol, ${String(part)}`);
    if (typeof part !== 'object' || part === null || met.has(part)) continue;
    met.add(part);
    const reason = reasonAgainst(part);
    if (reason !== undefined) return refused(path, reason);
    const nature = natureOf(part);
    if (nature === 'port') needsPort = true;
    if (nature === 'suspect') {
      if (holdsHandle(part)) return refused(path, `a ${classNameOf(part)} holds a native handle`);
      suspect ??= { path, reason: `a ${classNameOf(part)} cannot be cloned` };
    }
    if (nature === 'port' || nature === 'whole') continue;
    const inner = partsOf(part, path);
    if (!Array.isArray(inner)) return { refusal: inner, needsPort };
    for (let index = inner.length - 1; index >= 0; index--) places.push(inner[index]!);
  }
  return { refusal: suspect, needsPort };
}

function refused(path: string, reason: string): Survey {
  return { refusal: { path, reason }, needsPort: false };
}

function describeFunction(value: object): string {
  const name = Object.getOwnPropertyDescriptor(value, 'name')?.value;
  return typeof name === 'string' && name !== '' ? `a function, ${name}` : 'a function';
}

/** Objects that structured clone refuses whatever they hold. */
function reasonAgainst(part: object): string | undefined {
  if (types.isProxy(part)) return 'a Proxy';
  if (types.isPromise(part)) return 'a Promise, which belongs to one event loop';
  if (types.isWeakMap(part)) return 'a WeakMap';
  if (types.isWeakSet(part)) return 'a WeakSet';
  if (part instanceof WeakRef) return 'a WeakRef';
  if (types.isGeneratorObject(part)) return 'a running generator';
  if (types.isMapIterator(part) || types.isSetIterator(part)) return 'an iterator';
  if (types.isModuleNamespaceObject(part)) return 'a module';
  if (types.isArgumentsObject(part)) return 'an arguments object; copy it into an array';
  if (types.isSymbolObject(part)) return 'a symbol';
  if (types.isExternal(part)) return 'a native pointer';
  if (types.isArrayBuffer(part) && isDetached(part)) return 'an ArrayBuffer that was transferred';
  if (ArrayBuffer.isView(part) && types.isArrayBuffer(part.buffer) && isDetached(part.buffer)) {
    return 'a view of an ArrayBuffer that was transferred';
  }
  return undefined;
}

function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** `whole`: carried, nothing inside to look at. `suspect`: refused, for itself or for what it holds. */
type Nature = 'data' | 'whole' | 'port' | 'suspect';

function natureOf(part: object): Nature {
  if (types.isSharedArrayBuffer(part)) return 'port';
  if (ArrayBuffer.isView(part)) return types.isSharedArrayBuffer(part.buffer) ? 'port' : 'whole';
  if (isBuiltIn(part)) {
    const holds = types.isMap(part) || types.isSet(part) || types.isNativeError(part);
    return holds ? 'data' : 'whole';
  }
  if (Array.isArray(part)) return 'data';
  const prototype: object | null = Object.getPrototypeOf(part);
  if (prototype === null || prototype === Object.prototype || isPlainClass(prototype, part)) {
    return 'data';
  }
  try {
    structuredClone(part);
    return 'port';
  } catch (error) {
    const { code } = error as { code?: unknown };
    return code === 'ERR_MISSING_TRANSFERABLE_IN_TRANSFER_LIST' ? 'port' : 'suspect';
  }
}

/**
 * Whether `part` is a native object or has one as a property. Sockets and servers have their `_handle`
 * even before they are connected.
 */
function holdsHandle(part: object): boolean {
  if (isNative(part) || '_handle' in part) return true;
  return Reflect.ownKeys(part).some((key) => {
    const value: unknown = Object.getOwnPropertyDescriptor(part, key)?.value;
    return typeof value === 'object' && value !== null && isNative(value);
  });
}

function isNative(object: object): boolean {
  const probe = new NativeProbe(object);
  try {
    probe.writeValue(object);
  } catch (error) {
    return error === NATIVE;
  }
  return false;
}

const NATIVE = new Error('a native object');
const OTHER = new Error('another native object');

/** The serializer knows native objects, and nothing else tells. */
class NativeProbe extends Serializer {
  readonly #object: object;

  constructor(object: object) {
    super();
    this.#object = object;
  }

  _writeHostObject(object: object): void {
    if (object === this.#object) throw NATIVE;
    throw OTHER;
  }

  _getDataCloneError: ErrorConstructor = Error;
}

function partsOf(part: object, path: string): Place[] | Refusal {
  if (types.isNativeError(part)) {
    return 'cause' in part ? readParts(part, ['cause'], path) : [];
  }
  if (types.isMap(part)) {
    return [...part].flatMap(([key, value], index) => [
      { value: key, path: `${path} key ${index}` },
      {
        value,
        path: `${path}${typeof key === 'string' ? `.get(${JSON.stringify(key)})` : ` value ${index}`}`,
      },
    ]);
  }
  if (types.isSet(part)) {
    return [...part].map((value, index) => ({ value, path: `${path} element ${index}` }));
  }
  return readParts(part, Object.keys(part), path);
}

function readParts(part: object, keys: readonly string[], path: string): Place[] | Refusal {
  const places: Place[] = [];
  const isArray = Array.isArray(part);
  for (const key of keys) {
    const inner = path + step(key, isArray);
    try {
      places.push({ value: (part as Record<string, unknown>)[key], path: inner });
    } catch (error) {
      return { path: inner, reason: `a getter that throws ${describeThrown(error)}` };
    }
  }
  return places;
}

function step(key: string, isArray: boolean): string {
  if (isArray && /^\d+$/.test(key)) return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
    ? `.${key}`
    : `[${JSON.stringify(key)}]`;
}

/** A thrown value in a few words, whatever its getters do. */
export function describeThrown(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : describeValue(error);
  } catch {
    return 'something that cannot be shown';
  }
}

function classNameOf(part: object): string {
  try {
    const { name } = part.constructor;
    return typeof name === 'string' && name !== '' ? name : 'object';
  } catch {
    return 'object';
  }
}
