/** A function, the functions it captured, and their variables. */
import { isBuiltin } from 'node:module';
import { types } from 'node:util';
import { serialize } from 'node:v8';
import { CaptureError } from '../errors.ts';
import { CaptureEncoder, type CapturePath, type FunctionEncoder } from './capture-encoder.ts';
import { article, nodeInstanceRefusal, type Refusal } from './capture-refusals.ts';
import {
  type CapturedVariable,
  captureVariables,
  type FunctionCapture,
  readChanging,
} from './captured-variables.ts';
import type { CarriedPayload, EncodedValue } from './carried-payload.ts';
import { encodeMembers, isConstructor } from './function-members.ts';
import {
  type FunctionSource,
  functionSource,
  isNativeText,
  ownName,
  shownName,
} from './function-source.ts';
import { importedFrom } from './revive-modules.ts';
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

type ImportedVariable = Extract<CapturedVariable, { from: 'module' }>;
type Given = Readonly<Record<string, unknown>>;

/** What was found out about functions, kept for the next time the graph is written. */
export class CarriedGraph implements FunctionEncoder {
  readonly #root: AnyFunction;
  readonly #given: Given | undefined;
  readonly #captures = new Map<AnyFunction, FunctionCapture>();
  /** Objects that some function of the graph imports: wherever they are met, they are imported. */
  readonly #imports = new Map<object, ImportedVariable>();
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
    const knownImports = this.#imports.size;
    try {
      const root = this.encodeFunction(this.#root, { up: undefined, part: name }, false);
      // What was met as a value before it was known to be an import is named in a second pass.
      if (this.#imports.size > knownImports) return this.encode();
      const { modules, nodes, shared, watched } = encoder;
      return {
        payload: unshared(serialize({ modules, nodes, root } satisfies CarriedPayload)),
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
    if (source.usesThis && !givenThis && !isConstructor(fn, source)) {
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
    const members = encodeMembers(encoder, fn, source, path);
    if (Object.keys(members).length > 0) this.#isConstant = false;
    return encoder.fill(id, {
      kind: source.isClass ? 'class' : 'function',
      source: source.text,
      form: source.form,
      name: ownName(fn),
      strict: capture.strict,
      place: capture.place,
      names,
      values,
      eager,
      ...members,
    });
  }

  isImported(object: object): boolean {
    return this.#imports.has(object) || importedFrom(object) !== undefined;
  }

  encodeImport(object: object, path: CapturePath): EncodedValue | undefined {
    const variable = this.#imports.get(object);
    if (variable !== undefined) return this.#encodeImport(variable, path);
    const revived = importedFrom(object);
    return revived && (this.#encoder as CaptureEncoder).addModule(revived.module, revived.path);
  }

  instanceRefusal(object: object, owner: AnyFunction, path: CapturePath): Refusal | undefined {
    const capture = this.#captureOf(owner, path);
    if (isOfNode(capture)) return nodeInstanceRefusal(object, shownName(owner));
    if (!capture.source.hasPrivateMembers) return undefined;
    return {
      reason: `${article(shownName(owner))} has private members, which no copy can have`,
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
    const written = (isOfNode(capture) ? [] : source.written).find(
      (name) => capture.fixed.has(name) || capture.changing.includes(name),
    );
    if (written !== undefined) {
      refuse(written, writtenRefusal(shownName(fn)));
    }
    for (const variable of capture.fixed.values()) {
      if (variable.from === 'module' && isObject(variable.value)) {
        this.#imports.set(variable.value, variable);
      }
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
    if (variable.from === 'module') {
      // Through its value where it has one, so that it is one object wherever it is met.
      return isObject(variable.value)
        ? encoder.encode(variable.value, path, true)
        : this.#encodeImport(variable, path);
    }
    this.#checkParent(variable.parent, path);
    return encoder.add({ kind: 'require', parent: variable.parent });
  }

  #encodeImport({ binding, parent }: ImportedVariable, path: CapturePath): EncodedValue {
    const encoder = this.#encoder as CaptureEncoder;
    const { how, specifier, attributes, path: member } = binding;
    if (!isBuiltin(specifier)) this.#checkParent(parent, path);
    if (!isBuiltin(specifier) || (how === 'import' && member.length === 0)) {
      return encoder.addModule({ how, specifier, parent, attributes }, member);
    }
    // A module of Node is had at once; its default export is the module itself.
    const within = how === 'import' && member[0] === 'default' ? member.slice(1) : member;
    return encoder.addModule({ how: 'builtin', specifier, parent: '' }, within);
  }

  #checkParent(parent: string, path: CapturePath): void {
    if (!parent.startsWith('file:')) {
      this.#encoder?.refuse(path, {
        reason: `it comes from ${parent}, which a thread cannot resolve from`,
        advice: 'keep the function in a file',
      });
    }
  }

  /** A variable of the function that was asked for starts a path; of others it tells whose it is. */
  #under(path: CapturePath, fn: AnyFunction, name: string): CapturePath {
    if (fn === this.#root) return { up: undefined, part: name };
    return { up: { up: path, part: ' → ' }, part: name };
  }
}

/** Code of Node itself, which is bound to the isolate it was loaded in. */
function isOfNode({ place }: FunctionCapture): boolean {
  return place.file.startsWith('node:');
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

function tooDeep(name: string): CaptureError {
  return new CaptureError(
    name,
    [],
    'what it captured is nested too deeply to be copied',
    'capture a flat form of it, such as an array',
  );
}

/** Bun serialises into shared memory, which bytes cannot carry to a thread. */
function unshared(bytes: Buffer): Buffer {
  return types.isSharedArrayBuffer(bytes.buffer) ? Buffer.from(bytes) : bytes;
}
