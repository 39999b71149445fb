/** Writes captured values, and the functions that captured them, as nodes of a payload. */
import { types } from 'node:util';
import { CaptureError } from '../errors.ts';
import {
  article,
  globalInstanceRefusal,
  kindOf,
  nodeInstanceRefusal,
  type Refusal,
  refusalOf,
} from './capture-refusals.ts';
import type {
  CarriedModule,
  CarriedNode,
  EncodedAccessor,
  EncodedProperties,
  EncodedValue,
  NodeReference,
} from './carried-payload.ts';
import { DataSurvey } from './data-survey.ts';
import { isNativeText } from './function-source.ts';
import { type KnownPlace, knownMember, knownPlace } from './known-values.ts';
import { isPosted } from './posted-values.ts';
import type { AnyFunction } from './thread-task.ts';
import {
  baseErrorOf,
  belongsTo,
  constructionOf,
  hasInternalState,
  isStandardPrototype,
} from './value-kinds.ts';

/** Where a value was found: the variable, then a part for each step below it. */
export interface CapturePath {
  readonly up: CapturePath | undefined;
  readonly part: string;
}

/** What the encoder asks of its owner, which knows about functions. */
export interface FunctionEncoder {
  /** Whether a function of the graph imports this object. */
  isImported(object: object): boolean;
  /** Writes what a function of the graph imports, if this object is one of those. */
  encodeImport(object: object, path: CapturePath): EncodedValue | undefined;
  /** Writes a function that no thread has by itself. */
  encodeFunction(fn: AnyFunction, path: CapturePath, givenThis: boolean): EncodedValue;
  /** Why an instance of a class cannot be made without its constructor, if so. */
  instanceRefusal(object: object, owner: AnyFunction, path: CapturePath): Refusal | undefined;
}

/** The nodes of one payload. Used once. */
export class CaptureEncoder {
  readonly nodes: CarriedNode[] = [];
  readonly modules: CarriedModule[] = [];
  /** What cannot be written as bytes, in the order of the `shared` nodes. */
  readonly shared: object[] = [];
  readonly #survey: DataSurvey;
  #watched: object[] | undefined = [];
  readonly #ids = new Map<object, number>();
  readonly #functions: FunctionEncoder;
  readonly #functionName: string;

  constructor(functionName: string, functions: FunctionEncoder) {
    this.#functionName = functionName;
    this.#functions = functions;
    this.#survey = new DataSurvey((object) => functions.isImported(object));
  }

  /**
   * Writes a value.
   *
   * @param givenThis - The value is used as a method or constructor, so its `this` is no riddle.
   */
  encode(value: unknown, path: CapturePath, givenThis = false): EncodedValue {
    switch (typeof value) {
      case 'symbol':
        return this.#encodeSymbol(value, path);
      case 'function':
        return (
          this.#idOf(value) ??
          this.#encodeImport(value, path) ??
          this.#encodeFunction(value as AnyFunction, path, givenThis)
        );
      case 'object':
        if (value === null) return null;
        return (
          this.#idOf(value) ?? this.#encodeImport(value, path) ?? this.#encodeObject(value, path)
        );
      default:
        return value as EncodedValue;
    }
  }

  /** Plain objects that may change; `undefined` when objects of other kinds may. */
  get watched(): readonly object[] | undefined {
    return this.#watched;
  }

  /** Keeps a place for an object before what it holds is written, so that cycles end. */
  reserve(object: object): number {
    const id = this.nodes.length;
    this.#ids.set(object, id);
    this.nodes.push({ kind: 'plain', value: undefined });
    return id;
  }

  /** Fills the place of an object. */
  fill(id: number, node: CarriedNode): EncodedValue {
    this.nodes[id] = node;
    return [id];
  }

  /** A node for something that is no object here, or is not to be found again. */
  add(node: CarriedNode): EncodedValue {
    return [this.nodes.push(node) - 1];
  }

  /** A member of a module. */
  addModule(module: CarriedModule, path: readonly string[]): EncodedValue {
    let index = this.modules.findIndex(
      ({ how, specifier, parent }) =>
        how === module.how && specifier === module.specifier && parent === module.parent,
    );
    if (index < 0) index = this.modules.push(module) - 1;
    return this.add({ kind: 'module', module: index, path });
  }

  /** The own properties of an object, without those that `skip` names. */
  properties(
    object: object,
    path: CapturePath,
    skip: (key: string | symbol, descriptor: PropertyDescriptor) => boolean = () => false,
  ): EncodedProperties {
    const keys: EncodedValue[] = [];
    const values: EncodedValue[] = [];
    const hidden: EncodedValue[] = [];
    const accessors: EncodedAccessor[] = [];
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
      if (skip(key, descriptor)) continue;
      const at = { up: path, part: shownKey(key) };
      const encodedKey = this.encode(key, at);
      const { enumerable = false, get, set } = descriptor;
      if ('value' in descriptor) {
        keys.push(encodedKey);
        values.push(this.encode(descriptor.value, at, true));
        if (!enumerable) hidden.push(encodedKey);
      } else {
        accessors.push({
          key: encodedKey,
          get: this.encode(get, at, true),
          set: this.encode(set, at, true),
          enumerable,
        });
      }
    }
    return {
      keys,
      values,
      ...(hidden.length > 0 && { hidden }),
      ...(accessors.length > 0 && { accessors }),
    };
  }

  /** Stops, naming the variable, the path and the reason. */
  refuse(path: CapturePath, { reason, advice }: Refusal): never {
    const parts: string[] = [];
    for (let step: CapturePath | undefined = path; step !== undefined; step = step.up) {
      parts.unshift(step.part);
    }
    throw new CaptureError(this.#functionName, parts, reason, advice);
  }

  #idOf(object: object): EncodedValue | undefined {
    const id = this.#ids.get(object);
    return id === undefined ? undefined : [id];
  }

  #encodeImport(object: object, path: CapturePath): EncodedValue | undefined {
    const imported = this.#functions.encodeImport(object, path);
    if (imported !== undefined) this.#ids.set(object, (imported as NodeReference)[0]);
    return imported;
  }

  #encodeFunction(fn: AnyFunction, path: CapturePath, givenThis: boolean): EncodedValue {
    const isNative = isNativeText(Function.prototype.toString.call(fn));
    const known = this.#encodeKnown(fn, knownPlace(fn) ?? (isNative ? knownMember(fn) : undefined));
    return known ?? this.#functions.encodeFunction(fn, path, givenThis);
  }

  /** A function of Node that is written in JavaScript: named, if a global has it as a member. */
  encodeMember(fn: AnyFunction): EncodedValue | undefined {
    return this.#encodeKnown(fn, knownMember(fn));
  }

  /** What every isolate has by itself is named, not copied. */
  #encodeKnown(object: object, place: KnownPlace | undefined): EncodedValue | undefined {
    if (place === undefined) return undefined;
    const id = this.reserve(object);
    if (place.kind === 'global') return this.fill(id, { kind: 'global', path: place.path });
    const module = this.modules.push({ how: 'builtin', specifier: place.module, parent: '' }) - 1;
    return this.fill(id, { kind: 'module', module, path: place.path });
  }

  #encodeSymbol(symbol: symbol, path: CapturePath): EncodedValue {
    const registered = Symbol.keyFor(symbol);
    if (registered !== undefined) {
      return this.add({ kind: 'symbol', registered: true, key: registered });
    }
    const wellKnown = Object.getOwnPropertyNames(Symbol).find(
      (name) => Reflect.get(Symbol, name) === symbol,
    );
    if (wellKnown !== undefined) {
      return this.add({ kind: 'symbol', registered: false, key: wellKnown });
    }
    return this.refuse(path, {
      reason: 'a symbol of its own is known to this thread only',
      advice: 'make it with Symbol.for(name)',
    });
  }

  #encodeObject(object: object, path: CapturePath): EncodedValue {
    if (this.#survey.isPlain(object)) {
      if (!this.#survey.isFrozen(object)) this.#watched?.push(object);
      return this.fill(this.reserve(object), { kind: 'plain', value: object });
    }
    const refusal = refusalOf(object);
    if (refusal !== undefined) return this.refuse(path, refusal);
    const isPrototype = Object.hasOwn(object, 'constructor');
    const place = knownPlace(object) ?? (isPrototype ? knownMember(object) : undefined);
    const known = this.#encodeKnown(object, place);
    if (known !== undefined) return known;
    const id = this.reserve(object);
    if (isPosted(object)) {
      return this.fill(id, { kind: 'shared', index: this.shared.push(object) - 1 });
    }
    this.#watched = undefined;
    if (ArrayBuffer.isView(object)) return this.#encodeView(id, object, path);
    if (types.isNativeError(object)) return this.#encodeError(id, object, path);
    const construction = constructionOf(object);
    if (construction !== undefined) return this.fill(id, { kind: 'construct', ...construction });
    return this.#encodeContainer(id, object, path);
  }

  #encodeView(id: number, view: ArrayBufferView, path: CapturePath): EncodedValue {
    const type = Buffer.isBuffer(view)
      ? 'Buffer'
      : Object.prototype.toString.call(view).slice(8, -1);
    const length = 'length' in view ? (view.length as number) : view.byteLength;
    const isPooled = Buffer.isBuffer(view) && !types.isSharedArrayBuffer(view.buffer);
    if (isPooled) {
      // The pool holds bytes of other buffers; those stay here.
      const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
      const buffer = this.add({ kind: 'plain', value: bytes });
      return this.fill(id, { kind: 'view', type, buffer, byteOffset: 0, length });
    }
    const buffer = this.encode(view.buffer, { up: path, part: '.buffer' });
    return this.fill(id, { kind: 'view', type, buffer, byteOffset: view.byteOffset, length });
  }

  #encodeError(id: number, error: Error, path: CapturePath): EncodedValue {
    const { keys, values, hidden = [] } = this.properties(error, path, (key) => key === 'stack');
    return this.fill(id, {
      kind: 'error',
      base: baseErrorOf(error),
      prototype: this.#prototypeOf(error, path),
      // Not a plain property in every version of V8.
      properties: {
        keys: [...keys, 'stack'],
        values: [...values, String(error.stack)],
        hidden: [...hidden, 'stack'],
      },
    });
  }

  #encodeContainer(id: number, object: object, path: CapturePath): EncodedValue {
    if (hasInternalState(object)) {
      return this.refuse(path, {
        reason: `${article(kindOf(object))} with properties or a class of its own cannot be copied`,
        advice: 'capture the plain value and make the object inside the function',
      });
    }
    const prototype = this.#prototypeOf(object, path);
    if (types.isMap(object)) {
      const entries: EncodedValue[] = [];
      let index = 0;
      for (const [key, value] of Map.prototype.entries.call(object)) {
        const shown = typeof key === 'string' ? JSON.stringify(key) : `#${index}`;
        entries.push(this.encode(key, { up: path, part: `.keys()[${index++}]` }));
        entries.push(this.encode(value, { up: path, part: `.get(${shown})` }, true));
      }
      const properties = this.properties(object, path);
      return this.fill(id, { kind: 'map', prototype, length: 0, entries, properties });
    }
    if (types.isSet(object)) {
      const entries = [...Set.prototype.values.call(object)].map((value, index) =>
        this.encode(value, { up: path, part: `.values()[${index}]` }, true),
      );
      const properties = this.properties(object, path);
      return this.fill(id, { kind: 'set', prototype, length: 0, entries, properties });
    }
    if (Array.isArray(object)) {
      const properties = this.properties(object, path, (key) => key === 'length');
      const { length } = object;
      return this.fill(id, { kind: 'array', prototype, length, entries: [], properties });
    }
    return this.fill(id, { kind: 'object', prototype, properties: this.properties(object, path) });
  }

  /** `undefined` where the kind of node says it, otherwise what the object inherits from. */
  #prototypeOf(object: object, path: CapturePath): EncodedValue {
    const prototype: unknown = Object.getPrototypeOf(object);
    if (typeof prototype !== 'object' || prototype === null) return null;
    if (isStandardPrototype(prototype)) return undefined;
    const owner: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    if (typeof owner === 'function' && belongsTo(prototype, owner)) {
      this.#checkClasses(object, path);
      return this.encodePrototype(owner as AnyFunction, path);
    }
    return this.encode(prototype, { up: path, part: '.__proto__' });
  }

  /** The `prototype` of a constructor, as something to inherit from. */
  encodePrototype(owner: AnyFunction, path: CapturePath): EncodedValue {
    const of = this.encode(owner, { up: path, part: '.constructor' }, true);
    const known = this.#ids.get(owner.prototype);
    if (known !== undefined) return [known];
    return this.fill(this.reserve(owner.prototype), { kind: 'prototype', of });
  }

  /** What a prototype inherits from. */
  encodeParent(prototype: object, path: CapturePath): EncodedValue {
    const parent: unknown = Object.getPrototypeOf(prototype);
    if (typeof parent !== 'object' || parent === null) return null;
    const owner: unknown = Object.getOwnPropertyDescriptor(parent, 'constructor')?.value;
    return typeof owner === 'function' && belongsTo(parent, owner)
      ? this.encodePrototype(owner as AnyFunction, path)
      : this.encode(parent, path);
  }

  /** An instance of a class of Node or of the language lives in more than its properties. */
  #checkClasses(object: object, path: CapturePath): void {
    for (
      let prototype: unknown = Object.getPrototypeOf(object);
      typeof prototype === 'object' && prototype !== null;
      prototype = Object.getPrototypeOf(prototype)
    ) {
      if (isStandardPrototype(prototype)) return;
      const owner = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
      if (typeof owner !== 'function') continue;
      const isOfLanguage =
        knownPlace(owner)?.kind === 'global' ||
        isNativeText(Function.prototype.toString.call(owner));
      const isOfNode = knownPlace(owner)?.kind === 'builtin';
      const refusal = isOfLanguage
        ? globalInstanceRefusal(object)
        : isOfNode
          ? nodeInstanceRefusal(object, owner.name)
          : this.#functions.instanceRefusal(object, owner as AnyFunction, path);
      if (refusal !== undefined) this.refuse(path, refusal);
    }
  }
}

function shownKey(key: string | symbol): string {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  if (/^(0|[1-9]\d*)$/.test(key)) return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
    ? `.${key}`
    : `[${JSON.stringify(key)}]`;
}
