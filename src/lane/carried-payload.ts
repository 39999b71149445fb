/**
 * What a definition holds: a table of nodes that the sending side writes and `revive` reads.
 *
 * A value inside a node is either a primitive or a reference to another node, so cycles and shared
 * identity need no special case. Both sides import this file for its types only.
 */

/** The index of a node, boxed so that it cannot be taken for a captured number. */
export type NodeReference = readonly [index: number];

/** A primitive as it is, or the node that stands for anything else. */
export type EncodedValue = string | number | boolean | bigint | null | undefined | NodeReference;

/** Where a module comes from. `parent` is the URL of the module that named it. */
export interface CarriedModule {
  readonly how: 'import' | 'require' | 'builtin';
  readonly specifier: string;
  readonly parent: string;
  /** Import attributes, as in `with { type: 'json' }`. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** Properties of an object, a function or an error. Keys are strings or symbol nodes. */
export interface EncodedProperties {
  readonly keys: readonly EncodedValue[];
  readonly values: readonly EncodedValue[];
  /** Keys that are not enumerable. */
  readonly hidden?: readonly EncodedValue[];
  /** Keys with a getter or setter instead of a value. */
  readonly accessors?: readonly EncodedAccessor[];
}

export interface EncodedAccessor {
  readonly key: EncodedValue;
  readonly get: EncodedValue;
  readonly set: EncodedValue;
  readonly enumerable: boolean;
}

/** Where the source of a function stands in its script, counted from 0. */
export interface SourcePlace {
  /** URL of the script, or a name that says that it is unknown. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** How the source has to be wrapped to be an expression. */
export type SourceForm = 'expression' | 'method' | 'getter' | 'setter';

/** A function or class that is made again from its source. */
export interface FunctionNode {
  readonly kind: 'function' | 'class';
  readonly source: string;
  readonly form: SourceForm;
  readonly name: string;
  readonly strict: boolean;
  readonly place: SourcePlace;
  /** Names of the captured variables, and beside each its value. */
  readonly names: readonly string[];
  readonly values: readonly EncodedValue[];
  /** How many of `names`, from the first, a class needs while it is being defined. */
  readonly eager: number;
  readonly properties?: EncodedProperties | undefined;
  /** Own properties of `prototype` that are not in the source: constructors of the older style. */
  readonly prototypeProperties?: EncodedProperties | undefined;
  /** What `prototype` inherits from, when it is not what the source says. */
  readonly prototypeParent?: EncodedValue;
}

export type CarriedNode =
  | FunctionNode
  /** Anything the serialiser copies by itself, down to its leaves. */
  | { readonly kind: 'plain'; readonly value: unknown }
  | {
      readonly kind: 'object';
      /** `undefined` for an object of the literal kind, `null` for none. */
      readonly prototype: EncodedValue;
      readonly properties: EncodedProperties;
    }
  | {
      readonly kind: 'array' | 'map' | 'set';
      readonly prototype: EncodedValue;
      /** Of an array: its length. */
      readonly length: number;
      /** Of a map: keys and values in turn. Of an array: none, its elements are properties. */
      readonly entries: readonly EncodedValue[];
      readonly properties: EncodedProperties;
    }
  | {
      readonly kind: 'error';
      readonly base: string;
      readonly prototype: EncodedValue;
      readonly properties: EncodedProperties;
    }
  | {
      readonly kind: 'view';
      readonly type: string;
      readonly buffer: EncodedValue;
      readonly byteOffset: number;
      readonly length: number;
    }
  /** An entry of the definition's `shared` list: what the serialiser cannot write as bytes. */
  | { readonly kind: 'shared'; readonly index: number }
  /** The `prototype` of a carried constructor. */
  | { readonly kind: 'prototype'; readonly of: EncodedValue }
  /** A member of a module; no path for the namespace, or for what `require` returns. */
  | { readonly kind: 'module'; readonly module: number; readonly path: readonly string[] }
  /** A value of the language or of Node that every isolate has, by its path from `globalThis`. */
  | { readonly kind: 'global'; readonly path: readonly string[] }
  | { readonly kind: 'construct'; readonly type: string; readonly values: readonly EncodedValue[] }
  | { readonly kind: 'symbol'; readonly registered: boolean; readonly key: string }
  /** The `require` of a CommonJS script. */
  | { readonly kind: 'require'; readonly parent: string }
  | { readonly kind: 'importMeta'; readonly url: string };

export interface CarriedPayload {
  readonly modules: readonly CarriedModule[];
  readonly nodes: readonly CarriedNode[];
  readonly root: EncodedValue;
}

/** A function as `postMessage` or, without `shared`, `v8.serialize` can write it. */
export interface FunctionDefinition {
  /** The payload, serialised at the moment of the call. */
  readonly payload: Uint8Array;
  readonly shared?: readonly unknown[];
}

/** A thread task as it is written. */
export interface TaskDefinition {
  readonly url: string;
  readonly exportName: string;
  /** It is a part of this package, in CommonJS. */
  readonly isDriver?: true;
}
