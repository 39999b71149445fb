/** A function, the functions it captured, and their variables. */
import { isBuiltin } from 'node:module';
import { types } from 'node:util';
import { serialize } from 'node:v8';
import { CaptureError } from '../errors.ts';
import { CaptureEncoder, type CapturePath, type FunctionEncoder } from './capture-encoder.ts';
import { article, builtinInstanceRefusal, type Refusal } from './capture-refusals.ts';
import {
  type CapturedVariable,
  captureVariables,
  type FunctionCapture,
  readChanging,
} from './captured-variables.ts';
import type { CarriedPayload, EncodedProperties, EncodedValue } from './carried-payload.ts';
import { type FunctionSource, functionSource, isNativeText, shownName } from './function-source.ts';
import { surroundingRefusal, THIS_REFUSAL, writtenRefusal } from './source-refusals.ts';
import type { AnyFunction } from './thread-task.ts';

/** One payload, and what to look at to know whether it still holds. */
export interface EncodedGraph {
  /** A {@link CarriedPayload}, serialised. */
  readonly payload: Buffer;
  readonly shared: readonly object[];
  /**
   * Plain data whose contents may change, with all else being constant; empty when nothing can
   * change. `undefined`: everything has to be read again.
   */
  readonly watched: readonly object[] | undefined;
}

type Given = Readonly<Record<string, unknown>>;

/** What was found out about functions, kept for the next time the graph is written. */
export class CarriedGraph implements FunctionEncoder {
  readonly #root: AnyFunction;
  readonly #given: Given | undefined;
  readonly #captures = new Map<AnyFunction, FunctionCapture>();
  #encoder: CaptureEncoder | undefined;
  #isConstant = true;

  constructor(root: AnyFunction, given: Given | undefined) {
    this.#root = root;
    this.#given = given;
  }

  /** Writes the function with the values of this moment. */
  encode(): EncodedGraph {
    const name = shownName(this.#root);
    const encoder = new CaptureEncoder(name, this);
    this.#encoder = encoder;
    this.#isConstant = true;
    try {
      const root = this.encodeFunction(this.#root, { up: undefined, part: name }, false);
      const { modules, nodes, shared, watched } = encoder;
      return {
        payload: serialize({ modules, nodes, root } satisfies CarriedPayload),
        shared,
        watched: this.#isConstant ? watched : undefined,
      };
    } catch (error) {
      throw error instanceof RangeError ? tooDeep(name) : error;
    } finally {
      this.#encoder = undefined;
    }
  }

  encodeFunction(fn: AnyFunction, path: CapturePath, givenThis: boolean): EncodedValue {
    const encoder = this.#encoder as CaptureEncoder;
    const capture = this.#captureOf(fn, path);
    const { source } = capture;
    if (isOfNode(capture)) {
      const member = encoder.encodeMember(fn);
      if (member !== undefined) return member;
      encoder.refuse(path, {
        reason: 'it is a function of Node that no module exports',
        advice: 'import what the function needs inside it',
      });
    }
    const prototype = prototypeOfConstructor(fn, source);
    if (source.usesThis && !givenThis && prototype === undefined) {
      encoder.refuse(this.#under(path, fn, 'this'), THIS_REFUSAL);
    }
    const id = encoder.reserve(fn);
    const names: string[] = [];
    const values: EncodedValue[] = [];
    let eager = 0;
    for (const [name, value] of this.#valuesOf(fn, capture, path)) {
      if (source.names.indexOf(name) < source.eager) eager++;
      names.push(name);
      values.push(value);
    }
    return encoder.fill(id, {
      kind: source.isClass ? 'class' : 'function',
      source: source.text,
      form: source.form,
      name: typeof fn.name === 'string' ? fn.name : '',
      strict: capture.strict,
      place: capture.place,
      names,
      values,
      eager,
      properties: this.#ownProperties(fn, source, path),
      ...(prototype && this.#prototypeOf(prototype, path)),
    });
  }

  instanceRefusal(object: object, owner: AnyFunction, path: CapturePath): Refusal | undefined {
    const capture = this.#captureOf(owner, path);
    if (isOfNode(capture)) return builtinInstanceRefusal(object, owner.name);
    if (!capture.source.hasPrivateMembers) return undefined;
    return {
      reason: `${article(owner.name)} has private members, which no copy can have`,
      advice: 'make the object inside the function, from values that can be copied',
    };
  }

  #captureOf(fn: AnyFunction, path: CapturePath): FunctionCapture {
    const known = this.#captures.get(fn);
    if (known !== undefined) return known;
    const source = this.#sourceOf(fn, path);
    const refuse = (name: string, refusal: Refusal): never =>
      (this.#encoder as CaptureEncoder).refuse(this.#under(path, fn, name), refusal);
    const surrounding = surroundingRefusal(source);
    if (surrounding !== undefined) {
      refuse(surrounding.part, surrounding);
    }
    const given = this.#given && { captures: this.#given, areExact: fn === this.#root };
    const capture = captureVariables(fn, source, given, refuse);
    const written = source.written.find(
      (name) => capture.fixed.has(name) || capture.changing.includes(name),
    );
    if (written !== undefined) {
      refuse(written, writtenRefusal(shownName(fn)));
    }
    this.#captures.set(fn, capture);
    return capture;
  }

  #sourceOf(fn: AnyFunction, path: CapturePath): FunctionSource {
    const encoder = this.#encoder as CaptureEncoder;
    if (types.isProxy(fn)) {
      encoder.refuse(path, {
        reason: 'a Proxy runs code of this thread',
        advice: 'capture the function behind it',
      });
    }
    const text = Function.prototype.toString.call(fn);
    if (isNativeText(text)) {
      const isBound = shownName(fn).startsWith('bound ');
      encoder.refuse(path, {
        reason: `a ${isBound ? 'bound' : 'native'} function has no source`,
        advice: isBound
          ? 'write (...values) => target(...values) instead of target.bind(…)'
          : 'write a function of your own that calls it',
      });
    }
    try {
      return functionSource(text, shownName(fn));
    } catch (error) {
      const reason = `its source cannot be read (${(error as Error).message})`;
      return encoder.refuse(path, { reason, advice: 'put it into a module and use task()' });
    }
  }

  *#valuesOf(
    fn: AnyFunction,
    capture: FunctionCapture,
    path: CapturePath,
  ): Iterable<readonly [name: string, value: EncodedValue]> {
    const { source, fixed, changing, ownGlobals } = capture;
    const encoder = this.#encoder as CaptureEncoder;
    if (changing.length > 0 || ownGlobals.length > 0) this.#isConstant = false;
    const read = changing.length > 0 ? readChanging(fn, changing) : new Map<string, unknown>();
    for (const name of ownGlobals) read.set(name, Reflect.get(globalThis, name));
    if (source.importMeta !== undefined) {
      const url = capture.place.file;
      yield [source.importMeta, encoder.add({ kind: 'importMeta', url })];
    }
    for (const name of source.names) {
      const at = this.#under(path, fn, name);
      const variable = fixed.get(name);
      if (variable !== undefined) yield [name, this.#encodeVariable(variable, at, source, name)];
      else if (read.has(name)) {
        yield [name, encoder.encode(read.get(name), at, source.givenThis.has(name))];
      }
    }
  }

  #encodeVariable(
    variable: CapturedVariable,
    path: CapturePath,
    source: FunctionSource,
    name: string,
  ): EncodedValue {
    const encoder = this.#encoder as CaptureEncoder;
    if (variable.from === 'value') {
      return encoder.encode(variable.value, path, source.givenThis.has(name));
    }
    const { parent } = variable;
    if (!parent.startsWith('file:')) {
      encoder.refuse(path, {
        reason: `it comes from ${parent}, which a thread cannot resolve from`,
        advice: 'keep the function in a file',
      });
    }
    if (variable.from === 'require') return encoder.add({ kind: 'require', parent });
    const { how, specifier, attributes, path: member } = variable.binding;
    if (!isBuiltin(specifier) || (how === 'import' && member.length === 0)) {
      return encoder.addModule({ how, specifier, parent, attributes }, member);
    }
    // A module of Node is had at once; its default export is the module itself.
    const within = how === 'import' && member[0] === 'default' ? member.slice(1) : member;
    return encoder.addModule({ how: 'builtin', specifier, parent: '' }, within);
  }

  /** A variable of the function that was asked for starts a path; of others it tells whose it is. */
  #under(path: CapturePath, fn: AnyFunction, name: string): CapturePath {
    if (fn === this.#root) return { up: undefined, part: name };
    return { up: { up: path, part: ' → ' }, part: name };
  }

  #ownProperties(
    fn: AnyFunction,
    source: FunctionSource,
    path: CapturePath,
  ): EncodedProperties | undefined {
    const isGenerated = (key: string | symbol, { value }: PropertyDescriptor): boolean =>
      /^(length|name|prototype|arguments|caller)$/.test(String(key)) ||
      (typeof key === 'string' && source.staticNames.has(key)) ||
      (typeof value === 'function' && typeof key === 'string' && source.staticFields.has(key));
    const encoder = this.#encoder as CaptureEncoder;
    const properties = encoder.properties(fn, path, isGenerated);
    if (properties.keys.length === 0 && properties.accessors === undefined) return undefined;
    this.#isConstant = false;
    return properties;
  }

  #prototypeOf(
    prototype: object,
    path: CapturePath,
  ): { prototypeProperties: EncodedProperties; prototypeParent?: EncodedValue } {
    const encoder = this.#encoder as CaptureEncoder;
    const at = { up: path, part: '.prototype' };
    this.#isConstant = false;
    const prototypeProperties = encoder.properties(prototype, at, (key) => key === 'constructor');
    const parent: unknown = Object.getPrototypeOf(prototype);
    return parent === Object.prototype
      ? { prototypeProperties }
      : { prototypeProperties, prototypeParent: encoder.encodeParent(prototype, at) };
  }
}

/** The prototype of a constructor of the older style, whose methods are not in its source. */
function prototypeOfConstructor(fn: AnyFunction, source: FunctionSource): object | undefined {
  if (source.isClass || source.form !== 'expression') return undefined;
  const prototype: unknown = Object.getOwnPropertyDescriptor(fn, 'prototype')?.value;
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  if (!Object.hasOwn(prototype, 'constructor')) return undefined;
  const isExtended =
    Reflect.ownKeys(prototype).length > 1 || Object.getPrototypeOf(prototype) !== Object.prototype;
  return isExtended ? prototype : undefined;
}

/** Code of Node itself, which is bound to the isolate it was loaded in. */
function isOfNode({ place }: FunctionCapture): boolean {
  return place.file.startsWith('node:');
}

function tooDeep(name: string): CaptureError {
  return new CaptureError(
    name,
    [],
    'what it captured is nested too deeply to be copied',
    'capture a flat form of it, such as an array',
  );
}
