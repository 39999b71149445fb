/** Values that every isolate has by itself: globals of the language and of Node, builtin modules. */
import { builtinModules } from 'node:module';

/** Where a known value is found on any thread. */
export type KnownPlace =
  | { readonly kind: 'global'; readonly path: readonly string[] }
  | { readonly kind: 'builtin'; readonly module: string; readonly path: readonly string[] };

/** Names that mean the same on a thread as here: a program's own globals are not among them. */
export function isThreadGlobal(name: string): boolean {
  return THREAD_GLOBALS.has(name);
}

/** Where a thread finds this global or export of Node, if it is one. */
export function knownPlace(value: object): KnownPlace | undefined {
  globalPlaces ??= collectGlobals();
  return globalPlaces.get(value) ?? builtinPlace(value);
}

/**
 * Where a thread finds this member of a global, such as `Object.keys` or `console.log`. There are
 * thousands of them, so they are collected only when something may well be one.
 */
export function knownMember(value: object): KnownPlace | undefined {
  memberPlaces ??= collectAllMembers();
  return memberPlaces.get(value);
}

const THREAD_GLOBALS: ReadonlySet<string> = new Set(
  `globalThis Infinity NaN undefined eval isFinite isNaN parseFloat parseInt
  decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape
  Object Function Boolean Symbol Number BigInt Math Date String RegExp Array Map Set WeakMap WeakSet
  WeakRef FinalizationRegistry ArrayBuffer SharedArrayBuffer Atomics DataView JSON Promise Proxy
  Reflect Iterator Intl Temporal WebAssembly DisposableStack AsyncDisposableStack
  Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array
  BigInt64Array BigUint64Array Float16Array Float32Array Float64Array
  Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError
  SuppressedError console process global Buffer queueMicrotask structuredClone atob btoa
  setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate performance fetch
  crypto navigator AbortController AbortSignal Blob BroadcastChannel ByteLengthQueuingStrategy
  CloseEvent CompressionStream CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException
  DecompressionStream ErrorEvent Event EventSource EventTarget File FormData Headers MessageChannel
  MessageEvent MessagePort Navigator Performance PerformanceEntry PerformanceMark
  PerformanceMeasure PerformanceObserver PerformanceObserverEntryList PerformanceResourceTiming
  QuotaExceededError ReadableByteStreamController ReadableStream ReadableStreamBYOBReader
  ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request
  Response Storage SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream
  TransformStream TransformStreamDefaultController URL URLPattern URLSearchParams WebSocket
  WritableStream WritableStreamDefaultController WritableStreamDefaultWriter
  localStorage sessionStorage Bun Deno`.split(/\s+/),
);

/** Accessors on `globalThis` whose getter costs nothing; others load what they stand for. */
const CHEAP_ACCESSORS: ReadonlySet<string> = new Set(['process', 'Buffer', 'performance']);

let globalPlaces: WeakMap<object, KnownPlace> | undefined;
let memberPlaces: WeakMap<object, KnownPlace> | undefined;
let builtinPlaces = new WeakMap<object, KnownPlace>();
let collectedBuiltins = -1;

function collectGlobals(): WeakMap<object, KnownPlace> {
  const places = new WeakMap<object, KnownPlace>();
  for (const [name, value] of globals()) {
    if (!places.has(value)) places.set(value, { kind: 'global', path: [name] });
  }
  // Each thread has a copy of the environment, made when it started.
  places.set(process.env, { kind: 'global', path: ['process', 'env'] });
  return places;
}

function collectAllMembers(): WeakMap<object, KnownPlace> {
  const places = new WeakMap<object, KnownPlace>();
  for (const [name, value] of globals()) {
    if (value === globalThis) continue;
    collectMembers(places, value, [name]);
    const prototype = Object.getOwnPropertyDescriptor(value, 'prototype')?.value;
    if (isObject(prototype)) collectMembers(places, prototype, [name, 'prototype']);
  }
  return places;
}

function* globals(): Iterable<[name: string, value: object]> {
  for (const name of THREAD_GLOBALS) {
    const value = CHEAP_ACCESSORS.has(name)
      ? Reflect.get(globalThis, name)
      : Object.getOwnPropertyDescriptor(globalThis, name)?.value;
    if (isObject(value)) yield [name, value];
  }
}

/** Functions and prototypes only: an object below `process` is not the same on every thread. */
function collectMembers(places: WeakMap<object, KnownPlace>, of: object, path: string[]): void {
  for (const key of Object.getOwnPropertyNames(of)) {
    const value = Object.getOwnPropertyDescriptor(of, key)?.value;
    if (typeof value !== 'function' && key !== 'prototype') continue;
    if (key === 'constructor' || !isObject(value) || places.has(value)) continue;
    places.set(value, { kind: 'global', path: [...path, key] });
  }
}

/** Modules of Node that are loaded are looked through, again whenever more of them are. */
function builtinPlace(value: object): KnownPlace | undefined {
  const loadedList = (process as unknown as { moduleLoadList?: string[] }).moduleLoadList ?? [];
  if (loadedList.length !== collectedBuiltins) {
    collectedBuiltins = loadedList.length;
    builtinPlaces = collectBuiltins(new Set(loadedList));
  }
  return builtinPlaces.get(value);
}

function collectBuiltins(loaded: ReadonlySet<string>): WeakMap<object, KnownPlace> {
  const places = new WeakMap<object, KnownPlace>();
  for (const name of builtinModules) {
    if (name.startsWith('_') || !loaded.has(`NativeModule ${name}`)) continue;
    const exported: unknown = process.getBuiltinModule(name);
    if (!isObject(exported)) continue;
    const module = `node:${name.replace(/^node:/, '')}`;
    if (!places.has(exported)) places.set(exported, { kind: 'builtin', module, path: [] });
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
      // Plain objects such as `fs.constants` are carried as data just as well.
      if (typeof value === 'function' && !places.has(value)) {
        places.set(value, { kind: 'builtin', module, path: [key] });
      }
    }
  }
  return places;
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}
