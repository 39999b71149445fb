import { types } from 'node:util';

/** Prototypes whose objects structured clone takes for plain ones. */
const plainPrototypes = new WeakSet<object>();

/**
 * Whether structured clone makes a plain object of `value`. Some classes are more than they look: a Blob
 * arrives as a Blob, a file handle must be transferred. Nothing in the object tells, so the first
 * object of each class is cloned to see.
 */
export function isPlainClass(prototype: object, value: object): boolean {
  return plainPrototypes.has(prototype) || tryOne(prototype, value);
}

function tryOne(prototype: object, value: object): boolean {
  if (isBuiltIn(value)) return false;
  try {
    if (Object.getPrototypeOf(structuredClone(value)) !== Object.prototype) return false;
  } catch {
    return false;
  }
  plainPrototypes.add(prototype);
  return true;
}

/** Objects with a nature of their own, whatever their prototype is. */
export function isBuiltIn(value: object): boolean {
  return (
    types.isNativeError(value) ||
    types.isBoxedPrimitive(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isDate(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isRegExp(value) ||
    types.isPromise(value)
  );
}
