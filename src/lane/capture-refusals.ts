/** Why a value cannot be copied to another isolate, and what to do instead. */
import { types } from 'node:util';
import { isBlob } from './posted-values.ts';

/** A reason and an advice, as a {@link CaptureError} shows them. */
export interface Refusal {
  readonly reason: string;
  readonly advice: string;
}

const OPEN_THERE = 'open it inside the function, or pass what is needed to open it';

/** Why an object of a built-in kind is refused, or `undefined` when its kind is no hindrance. */
export function refusalOf(value: object): Refusal | undefined {
  if (types.isProxy(value)) {
    return { reason: 'a Proxy runs code of this thread', advice: 'capture a plain copy of it' };
  }
  if (types.isPromise(value)) {
    return {
      reason: 'a Promise belongs to the event loop that made it',
      advice: 'await it first and capture its value',
    };
  }
  if (types.isWeakMap(value) || types.isWeakSet(value) || isWeakReference(value)) {
    return {
      reason: `a ${kindOf(value)} does not show what it holds`,
      advice: 'capture a Map, a Set or the object itself',
    };
  }
  if (types.isGeneratorObject(value) || types.isMapIterator(value) || types.isSetIterator(value)) {
    return {
      reason: `a ${kindOf(value)} is in the middle of a run`,
      advice: 'capture the values as an array, or call the generator inside the function',
    };
  }
  if (types.isModuleNamespaceObject(value)) {
    return {
      reason: 'a module namespace is known by its import only',
      advice: 'import the module in the file of the function, or inside the function',
    };
  }
  if (types.isExternal(value)) {
    return { reason: 'it is a native pointer', advice: OPEN_THERE };
  }
  return undefined;
}

/** Why an instance of a class of the language or of the web platform is refused. */
export function globalInstanceRefusal(object: object): Refusal {
  const kind = kindOf(object);
  if (kind === 'MessagePort') {
    return {
      reason: 'a MessagePort can only be moved',
      advice: 'pass it as an argument and list it in transfer',
    };
  }
  if (/^(EventTarget|Abort(Signal|Controller))$/.test(kind)) return listenersRefusal(kind);
  return {
    reason: `${article(kind)} is more than the properties it shows`,
    advice: 'capture plain values and make the object inside the function',
  };
}

/** Why an instance of a class of Node is refused. */
export function nodeInstanceRefusal(object: object, className: string): Refusal {
  const kind = kindOf(object);
  if (className === 'EventEmitter') return listenersRefusal(kind);
  if (/^(MessagePort|EventTarget|Abort(Signal|Controller))$/.test(kind)) {
    return globalInstanceRefusal(object);
  }
  return { reason: `${article(kind)} holds a native handle`, advice: OPEN_THERE };
}

function listenersRefusal(kind: string): Refusal {
  return {
    reason: `${article(kind)} has listeners on this thread`,
    advice: 'make it inside the function, or capture the plain values it holds',
  };
}

/** The name of the class of an object, as it is shown to people. */
export function kindOf(value: object): string {
  if (isBlob(value)) return 'Blob';
  for (let of: object | null = value; of !== null; of = Object.getPrototypeOf(of)) {
    if (types.isProxy(of)) return 'Proxy';
    const owner = Object.getOwnPropertyDescriptor(of, 'constructor')?.value;
    if (typeof owner !== 'function' || types.isProxy(owner)) continue;
    const name = Object.getOwnPropertyDescriptor(owner, 'name')?.value;
    if (typeof name === 'string' && name !== '') return name;
  }
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** The word with its article. */
export function article(word: string): string {
  return `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}`;
}

function isWeakReference(value: object): boolean {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object WeakRef]' || tag === '[object FinalizationRegistry]';
}
