/** Kinds of built-in objects, as far as they are copied in different ways. */
import { types } from 'node:util';
import type { EncodedValue } from './carried-payload.ts';

const STANDARD_PROTOTYPES: ReadonlySet<object> = new Set<object>([
  Object.prototype,
  Array.prototype,
  Map.prototype,
  Set.prototype,
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (type) => type.prototype,
  ),
  AggregateError.prototype,
]);

/** Whether the kind of a node says by itself that an object inherits from this. */
export function isStandardPrototype(prototype: object): boolean {
  return STANDARD_PROTOTYPES.has(prototype);
}

/** Whether a prototype is the one that instances of a class get. */
export function belongsTo(prototype: object, owner: object): boolean {
  return Object.getOwnPropertyDescriptor(owner, 'prototype')?.value === prototype;
}

/** The built-in error that an error is at heart, which fixes what the engine knows of it. */
export function baseErrorOf(error: Error): string {
  for (let of: object | null = error; of !== null; of = Object.getPrototypeOf(of)) {
    if (!STANDARD_PROTOTYPES.has(of)) continue;
    return Object.getOwnPropertyDescriptor(of, 'name')?.value as string;
  }
  return 'Error';
}

/** Objects that a thread makes again from a few plain values. */
export function constructionOf(
  object: object,
): { type: string; values: EncodedValue[] } | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === URL.prototype) return { type: 'URL', values: [(object as URL).href] };
  if (prototype === URLSearchParams.prototype) {
    return { type: 'URLSearchParams', values: [(object as URLSearchParams).toString()] };
  }
  if (prototype === TextEncoder.prototype) return { type: 'TextEncoder', values: [] };
  if (prototype === TextDecoder.prototype) {
    return { type: 'TextDecoder', values: [(object as { encoding?: string }).encoding] };
  }
  return undefined;
}

/** Kinds whose value is not in their properties, in a form that the serialiser does not copy. */
export function hasInternalState(object: object): boolean {
  return (
    types.isDate(object) ||
    types.isRegExp(object) ||
    types.isAnyArrayBuffer(object) ||
    types.isBoxedPrimitive(object) ||
    types.isArgumentsObject(object)
  );
}
