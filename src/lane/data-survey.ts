/**
 * Tells data that the serialiser copies by itself from data that needs a node of its own.
 *
 * An object is plain when nothing that can be reached from it needs a node. Whole plain parts then
 * cost one call of the serialiser, however large they are.
 */
import { types } from 'node:util';
import { isPosted } from './posted-values.ts';

/** The result of looking through data; it grows with each value that is surveyed. */
export class DataSurvey {
  readonly #plain = new Map<object, boolean>();
  readonly #isSpecial: (object: object) => boolean;

  /** @param isSpecial - Which objects need a node whatever they are. */
  constructor(isSpecial: (object: object) => boolean) {
    this.#isSpecial = isSpecial;
  }

  /** Whether a plain object can never change: it and all below it are frozen. */
  isFrozen(root: object): boolean {
    const seen = new Set([root]);
    for (const object of seen) {
      if (!isFrozenData(object)) return false;
      eachChild(object, (child) => seen.add(child));
    }
    return true;
  }

  /** Whether the serialiser copies this object, and all below it, by itself. */
  isPlain(root: object): boolean {
    const known = this.#plain.get(root);
    if (known !== undefined) return known;
    this.#visit(root);
    return this.#plain.get(root) as boolean;
  }

  #visit(root: object): void {
    const parents = new Map<object, object[]>([[root, []]]);
    const special: object[] = [];
    const waiting = [root];
    for (let object = waiting.pop(); object !== undefined; object = waiting.pop()) {
      const holder = object;
      const isPlain = eachChild(holder, (child) => {
        const from = parents.get(child);
        if (from !== undefined) from.push(holder);
        else {
          parents.set(child, [holder]);
          if (this.#plain.get(child) === false) special.push(child);
          else if (!this.#plain.has(child)) waiting.push(child);
        }
      });
      if (!isPlain || this.#isSpecial(holder)) special.push(holder);
    }
    for (const object of parents.keys()) {
      if (!this.#plain.has(object)) this.#plain.set(object, true);
    }
    // What holds something special is special itself, up to the root.
    for (let object = special.pop(); object !== undefined; object = special.pop()) {
      this.#plain.set(object, false);
      for (const parent of parents.get(object) ?? []) {
        if (this.#plain.get(parent) === true) special.push(parent);
      }
    }
  }
}

/** Calls back for each object directly below; `false` when the object itself is not plain. */
function eachChild(object: object, found: (child: object) => void): boolean {
  if (typeof object === 'function' || types.isProxy(object) || isPosted(object)) return false;
  const prototype: unknown = Object.getPrototypeOf(object);
  if (Array.isArray(object)) {
    return prototype === Array.prototype && eachElement(object, found);
  }
  if (prototype === Object.prototype) {
    return !types.isArgumentsObject(object) && eachProperty(object, found);
  }
  if (types.isMap(object)) {
    for (const [key, value] of Map.prototype.entries.call(object)) {
      noteChild(key, found);
      if (typeof key === 'symbol' || typeof value === 'symbol') return false;
      noteChild(value, found);
    }
    return prototype === Map.prototype && hasNoProperties(object);
  }
  if (types.isSet(object)) {
    for (const value of Set.prototype.values.call(object)) {
      noteChild(value, found);
      if (typeof value === 'symbol') return false;
    }
    return prototype === Set.prototype && hasNoProperties(object);
  }
  return isPlainLeaf(object, prototype) && hasNoProperties(object);
}

function eachElement(array: readonly unknown[], found: (child: object) => void): boolean {
  for (let index = 0; index < array.length; index++) {
    const value = array[index];
    if (typeof value === 'object' || typeof value === 'function') noteChild(value, found);
    else if (typeof value === 'symbol') return false;
  }
  return array.length > LONG_ARRAY || Object.keys(array).length <= array.length;
}

/** Names beside the elements are looked for only where that costs little. */
const LONG_ARRAY = 10_000;

function eachProperty(object: object, found: (child: object) => void): boolean {
  for (const key of Reflect.ownKeys(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
    if (typeof key === 'symbol' || !descriptor.enumerable || !('value' in descriptor)) return false;
    if (typeof descriptor.value === 'symbol') return false;
    noteChild(descriptor.value, found);
  }
  return true;
}

function noteChild(value: unknown, found: (child: object) => void): void {
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) found(value);
}

function isPlainLeaf(object: object, prototype: unknown): boolean {
  return (
    (prototype === Date.prototype && types.isDate(object)) ||
    (prototype === RegExp.prototype && types.isRegExp(object)) ||
    (prototype === ArrayBuffer.prototype && types.isArrayBuffer(object)) ||
    (types.isBoxedPrimitive(object) && !types.isSymbolObject(object))
  );
}

function hasNoProperties(object: object): boolean {
  const keys = Reflect.ownKeys(object);
  return types.isRegExp(object)
    ? keys.length === 1
    : types.isStringObject(object)
      ? true
      : keys.length === 0;
}

/** Objects of other kinds than these two keep their contents changeable when they are frozen. */
function isFrozenData(object: object): boolean {
  if (types.isRegExp(object)) return true;
  const prototype: unknown = Object.getPrototypeOf(object);
  return (
    Object.isFrozen(object) && (prototype === Object.prototype || prototype === Array.prototype)
  );
}
