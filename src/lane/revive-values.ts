/** Makes the values of a payload again: data, instances, functions, with their cycles. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  CarriedModule,
  CarriedNode,
  EncodedProperties,
  EncodedValue,
  FunctionNode,
} from './carried-payload.ts';
import { type FunctionInstance, instantiate } from './function-factory.ts';
import { noteImported } from './revive-modules.ts';

/** What a module exports, and how it was found. */
export interface LoadedModule {
  readonly module: CarriedModule;
  readonly exported: unknown;
}

type NodeOf<Kind extends CarriedNode['kind']> = Extract<CarriedNode, { kind: Kind }>;

/** The values of one payload; each node is made once. */
export class ValueReviver {
  readonly #nodes: readonly CarriedNode[];
  readonly #modules: readonly LoadedModule[];
  readonly #shared: readonly unknown[];
  readonly #made = new Map<number, unknown>();
  /** What has to be told when a class that is being defined is there. */
  readonly #waiting = new Map<number, ((value: unknown) => void)[]>();

  constructor(
    nodes: readonly CarriedNode[],
    modules: readonly LoadedModule[],
    shared: readonly unknown[],
  ) {
    this.#nodes = nodes;
    this.#modules = modules;
    this.#shared = shared;
  }

  /** The value; of a class that is just being defined, `undefined`. */
  value(encoded: EncodedValue): unknown {
    if (typeof encoded !== 'object' || encoded === null) return encoded;
    const [id] = encoded;
    return this.#made.has(id) ? this.#made.get(id) : this.#make(id);
  }

  #make(id: number): unknown {
    const node = this.#nodes[id] as CarriedNode;
    switch (node.kind) {
      case 'plain':
        return this.#keep(id, node.value);
      case 'shared':
        return this.#keep(id, this.#shared[node.index]);
      case 'function':
        return this.#makeFunction(id, node);
      case 'class':
        return this.#makeClass(id, node);
      case 'object':
        return this.#makeObject(id, node);
      case 'array':
      case 'map':
      case 'set':
        return this.#makeCollection(id, node);
      case 'error':
        return this.#makeError(id, node);
      case 'view':
        return this.#keep(id, this.#view(node));
      case 'module':
        return this.#keep(id, this.#imported(node));
      case 'global':
        return this.#keep(id, follow(globalThis, node.path));
      case 'prototype':
        return this.#prototype(id, node);
      default:
        return this.#keep(id, this.#small(node));
    }
  }

  #small(node: NodeOf<'construct' | 'symbol' | 'require' | 'importMeta'>): unknown {
    switch (node.kind) {
      case 'construct': {
        const type = Reflect.get(globalThis, node.type);
        return Reflect.construct(
          type,
          node.values.map((value) => this.value(value)),
        );
      }
      case 'symbol':
        return node.registered ? Symbol.for(node.key) : Reflect.get(Symbol, node.key);
      case 'require':
        return createRequire(node.parent);
      case 'importMeta': {
        const filename = fileURLToPath(node.url);
        return { url: node.url, filename, dirname: dirname(filename) };
      }
    }
  }

  #imported(node: NodeOf<'module'>): unknown {
    const value = follow(this.#modules[node.module]?.exported, node.path);
    const module = this.#modules[node.module]?.module;
    if (module !== undefined && (typeof value === 'function' || typeof value === 'object')) {
      if (value !== null) noteImported(value, { module, path: node.path });
    }
    return value;
  }

  #keep(id: number, value: unknown): unknown {
    this.#made.set(id, value);
    return value;
  }

  #makeFunction(id: number, node: FunctionNode): unknown {
    const instance = instantiate(node);
    const made = named(fromForm(instance.make(), node), node.name);
    this.#keep(id, made);
    this.#bind(instance, node, 0, node.names.length);
    this.#finish(made, node);
    return made;
  }

  /** A class runs code while it is defined, which may use the first of its variables. */
  #makeClass(id: number, node: FunctionNode): unknown {
    const instance = instantiate(node);
    this.#keep(id, undefined);
    this.#waiting.set(id, []);
    this.#bind(instance, node, 0, node.eager);
    const made = named(instance.make() as object, node.name);
    this.#keep(id, made);
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    for (const tell of waiting) tell(made);
    this.#bind(instance, node, node.eager, node.names.length);
    this.#finish(made, node);
    return made;
  }

  #bind(instance: FunctionInstance, node: FunctionNode, from: number, to: number): void {
    for (let index = from; index < to; index++) {
      const encoded = node.values[index];
      instance.bind(index, this.value(encoded));
      this.#whenDefined(encoded, (value) => instance.bind(index, value));
    }
  }

  /** Calls back once the class is there, if the value is one that is being defined. */
  #whenDefined(encoded: EncodedValue, tell: (value: unknown) => void): void {
    if (typeof encoded === 'object' && encoded !== null) this.#waiting.get(encoded[0])?.push(tell);
  }

  #finish(made: object, node: FunctionNode): void {
    if (node.properties !== undefined) this.#define(made, node.properties);
    if (node.prototypeProperties === undefined) return;
    const { prototype } = made as { prototype: object };
    if (node.prototypeParent !== undefined) {
      Object.setPrototypeOf(prototype, this.value(node.prototypeParent) as object | null);
    }
    this.#define(prototype, node.prototypeProperties);
  }

  #prototype(id: number, node: NodeOf<'prototype'>): unknown {
    const owner = this.value(node.of) as { prototype: object } | undefined;
    // Not kept while the class is being defined: it is asked for again then.
    return owner === undefined ? undefined : this.#keep(id, owner.prototype);
  }

  #makeObject(id: number, node: NodeOf<'object'>): unknown {
    const made = this.#keep(id, {}) as object;
    this.#inherit(made, node.prototype);
    this.#define(made, node.properties);
    return made;
  }

  #inherit(made: object, encoded: EncodedValue): void {
    if (encoded === undefined) return;
    const prototype = this.value(encoded);
    if (prototype !== undefined) {
      Object.setPrototypeOf(made, prototype as object | null);
      return;
    }
    const node = this.#nodes[(encoded as [number])[0]] as NodeOf<'prototype'>;
    this.#whenDefined(node.of, () => this.#inherit(made, encoded));
  }

  #makeCollection(id: number, node: NodeOf<'array' | 'map' | 'set'>): unknown {
    const made =
      node.kind === 'array' ? new Array(node.length) : node.kind === 'map' ? new Map() : new Set();
    this.#keep(id, made);
    this.#inherit(made, node.prototype);
    const { entries } = node;
    if (node.kind === 'map') {
      for (let index = 0; index < entries.length; index += 2) {
        const value = this.value(entries[index + 1]);
        Map.prototype.set.call(made, this.value(entries[index]), value);
      }
    }
    if (node.kind === 'set') {
      for (const entry of entries) Set.prototype.add.call(made, this.value(entry));
    }
    this.#define(made, node.properties);
    return made;
  }

  #makeError(id: number, node: NodeOf<'error'>): unknown {
    const type = Reflect.get(globalThis, node.base) as ErrorConstructor;
    const made =
      node.base === 'AggregateError' ? new AggregateError([]) : Reflect.construct(type, []);
    this.#keep(id, made);
    this.#inherit(made, node.prototype);
    this.#define(made, node.properties);
    return made;
  }

  #view({ type, buffer, byteOffset, length }: NodeOf<'view'>): unknown {
    const memory = this.value(buffer) as ArrayBuffer;
    if (type === 'Buffer') return Buffer.from(memory, byteOffset, length);
    const owner = Reflect.get(globalThis, type) as new (
      ...values: [ArrayBuffer, number, number]
    ) => unknown;
    return new owner(memory, byteOffset, length);
  }

  /** By definition, never by assignment: `__proto__` is a key like any other here. */
  #define(object: object, { keys, values, hidden, accessors }: EncodedProperties): void {
    const hiddenKeys = new Set(hidden?.map((key) => this.value(key)));
    for (let index = 0; index < keys.length; index++) {
      const key = this.value(keys[index]) as PropertyKey;
      const encoded = values[index];
      const define = (value: unknown): void => {
        const enumerable = !hiddenKeys.has(key);
        Object.defineProperty(object, key, {
          value,
          enumerable,
          writable: true,
          configurable: true,
        });
      };
      define(this.value(encoded));
      this.#whenDefined(encoded, define);
    }
    for (const { key, get, set, enumerable } of accessors ?? []) {
      Object.defineProperty(object, this.value(key) as PropertyKey, {
        get: this.value(get) as () => unknown,
        set: this.value(set) as (value: unknown) => void,
        enumerable,
        configurable: true,
      });
    }
  }
}

/** A method comes inside an object literal, because its text is no expression. */
function fromForm(made: unknown, { form }: FunctionNode): object {
  if (form === 'expression') return made as object;
  const [descriptor] = Object.values(Object.getOwnPropertyDescriptors(made));
  const { value, get, set } = descriptor as PropertyDescriptor;
  return form === 'getter' ? (get as object) : form === 'setter' ? (set as object) : value;
}

function named<Made extends object>(made: Made, name: string): Made {
  const own = Object.getOwnPropertyDescriptor(made, 'name');
  const isOwnWork = own !== undefined && typeof own.value !== 'string';
  if (own?.value !== name && !isOwnWork) {
    Object.defineProperty(made, 'name', { value: name, configurable: true });
  }
  return made;
}

function follow(from: unknown, path: readonly string[]): unknown {
  let value = from;
  for (const key of path) value = Reflect.get(value as object, key);
  return value;
}
