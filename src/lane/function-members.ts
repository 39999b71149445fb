/** Properties of functions and of their prototypes that their text does not make by itself. */
import type { CaptureEncoder, CapturePath } from './capture-encoder.ts';
import type { EncodedProperties, EncodedValue } from './carried-payload.ts';
import type { FunctionSource } from './function-source.ts';
import type { AnyFunction } from './thread-task.ts';

/** What has to be put onto a function after its text was evaluated. */
export interface FunctionMembers {
  readonly properties?: EncodedProperties;
  readonly prototypeProperties?: EncodedProperties;
  /** Only where the prototype does not inherit what the text says. */
  readonly prototypeParent?: EncodedValue;
}

/** Writes the members of a function; an empty object where the text says it all. */
export function encodeMembers(
  encoder: CaptureEncoder,
  fn: AnyFunction,
  source: FunctionSource,
  path: CapturePath,
): FunctionMembers {
  const text = Function.prototype.toString.call(fn);
  const properties = encoder.properties(
    fn,
    path,
    (key, descriptor) =>
      (typeof key === 'string' && /^(length|name|prototype|arguments|caller)$/.test(key)) ||
      (source.isClass && isDefinedBy(text, descriptor)) ||
      isOwnField(source, key, descriptor),
  );
  const prototype = ownPrototype(fn);
  if (prototype === undefined) return some('properties', properties);
  const at = { up: path, part: '.prototype' };
  const prototypeProperties = encoder.properties(
    prototype,
    at,
    (key, descriptor) => key === 'constructor' || (source.isClass && isDefinedBy(text, descriptor)),
  );
  const inheritsAsWritten = source.isClass || Object.getPrototypeOf(prototype) === Object.prototype;
  return {
    ...some('properties', properties),
    ...some('prototypeProperties', prototypeProperties),
    ...(inheritsAsWritten ? {} : { prototypeParent: encoder.encodeParent(prototype, at) }),
  };
}

/** Whether a function is a constructor of the older style: its prototype has members. */
export function isConstructor(fn: AnyFunction, source: FunctionSource): boolean {
  const prototype = source.isClass ? undefined : ownPrototype(fn);
  return (
    prototype !== undefined &&
    (Reflect.ownKeys(prototype).length > 1 || Object.getPrototypeOf(prototype) !== Object.prototype)
  );
}

/** The prototype that instances of a function get, if it makes instances. */
function ownPrototype(fn: AnyFunction): object | undefined {
  const prototype: unknown = Object.getOwnPropertyDescriptor(fn, 'prototype')?.value;
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  return Object.hasOwn(prototype, 'constructor') ? prototype : undefined;
}

/** A method or accessor whose text lies within the class; one that was put there later does not. */
function isDefinedBy(text: string, { value, get, set }: PropertyDescriptor): boolean {
  const parts = [value, get, set].filter((part) => part !== undefined);
  return (
    parts.length > 0 &&
    parts.every(
      (part) => typeof part === 'function' && text.includes(Function.prototype.toString.call(part)),
    )
  );
}

/** A function in a static field: evaluating the class puts it there again. */
function isOwnField(
  source: FunctionSource,
  key: string | symbol,
  { value }: PropertyDescriptor,
): boolean {
  return typeof value === 'function' && typeof key === 'string' && source.staticFields.has(key);
}

function some<Name extends string>(
  name: Name,
  properties: EncodedProperties,
): { [Key in Name]?: EncodedProperties } {
  const isEmpty = properties.keys.length === 0 && properties.accessors === undefined;
  return isEmpty ? {} : ({ [name]: properties } as { [Key in Name]: EncodedProperties });
}
