/** The free variables of one function: where each comes from, and its value at this moment. */
import { pathToFileURL } from 'node:url';
import { CaptureError } from '../errors.ts';
import type { SourcePlace } from './carried-payload.ts';
import { type Closure, closureOf, readScope, type Script, scriptOf } from './closure-values.ts';
import type { FunctionSource } from './function-source.ts';
import { isThreadGlobal } from './known-values.ts';
import { type ImportedBinding, ScriptBindings } from './script-bindings.ts';
import type { AnyFunction } from './thread-task.ts';

/** A captured variable. */
export type CapturedVariable =
  | { readonly from: 'value'; readonly value: unknown }
  | { readonly from: 'module'; readonly binding: ImportedBinding; readonly parent: string }
  | { readonly from: 'require'; readonly parent: string };

/** Everything about a function that does not change, and the variables that may. */
export interface FunctionCapture {
  readonly source: FunctionSource;
  readonly place: SourcePlace;
  readonly strict: boolean;
  /** Variables that are read once. */
  readonly fixed: ReadonlyMap<string, CapturedVariable>;
  /** Names to read anew each time. */
  readonly changing: readonly string[];
  /** The program's own globals among the names; cheap to read. */
  readonly ownGlobals: readonly string[];
}

interface KnownScript {
  readonly script: Script;
  readonly url: string;
  readonly bindings: ScriptBindings | undefined;
  readonly lineStarts: readonly number[];
}

/** Finds the variables of a function through its closure, or among the names it was given. */
export function captureVariables(
  fn: AnyFunction,
  source: FunctionSource,
  given: Readonly<Record<string, unknown>> | undefined,
): FunctionCapture {
  if (given !== undefined) return captureGiven(fn, source, given);
  const strictAlone = isStrictAlone(fn, source);
  const needsFile = source.importMeta !== undefined || source.importsDynamically;
  if (source.names.length === 0 && !needsFile) {
    return emptyCapture(fn, source, strictAlone);
  }
  const closure = closureOf(fn);
  if (closure === undefined) return captureWithoutInspector(fn, source, strictAlone);
  const search = searchScopes(fn, source, closure);
  const [missing] = search.missing;
  const script =
    search.found.size > 0 || needsFile || missing !== undefined
      ? knownScript(closure.location?.scriptId)
      : undefined;
  // Node's own functions are told apart by where they stand; their names are none of our business.
  if (missing !== undefined && !script?.url.startsWith('node:'))
    throw notFound(fn, source, missing);
  const offset = script && textOffset(script, fn, closure.location);
  return {
    source,
    place: placeOf(fn, script, closure, offset),
    strict: strictAlone ?? script?.bindings?.isStrict(offset ?? 0) ?? !source.sloppyOnly,
    ...sortVariables(search.found, script, offset),
    ownGlobals: search.ownGlobals,
  };
}

/** The values, at this moment, of the variables that may have changed. */
export function readChanging(fn: AnyFunction, names: readonly string[]): Map<string, unknown> {
  const closure = closureOf(fn);
  const values = new Map<string, unknown>();
  for (const name of names) values.set(name, closure && lookUp(closure, name)?.value);
  return values;
}

/** A function's name as errors show it. */
export function shownName(fn: AnyFunction): string {
  const { value } = Object.getOwnPropertyDescriptor(fn, 'name') ?? {};
  return typeof value === 'string' && value !== '' ? value : 'the function';
}

const scripts = new Map<string, KnownScript | undefined>();
/** Sources are held as long as their script is known; a program has few that send functions. */
const KNOWN_SCRIPTS_MAX = 64;

function knownScript(scriptId: string | undefined): KnownScript | undefined {
  if (scriptId === undefined) return undefined;
  if (!scripts.has(scriptId)) {
    const script = scriptOf(scriptId);
    if (scripts.size >= KNOWN_SCRIPTS_MAX) scripts.delete(scripts.keys().next().value as string);
    scripts.set(scriptId, script && describeScript(script));
  }
  return scripts.get(scriptId);
}

function describeScript(script: Script): KnownScript {
  const lineStarts = [0];
  for (let at = script.source.indexOf('\n'); at >= 0; at = script.source.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1);
  }
  const isFile = /^(file|node|data|https?):/.test(script.url);
  return {
    script,
    url: isFile ? script.url : pathToFileURL(script.url || '[eval]').href,
    // Code of Node itself is refused before anybody asks what its variables are.
    bindings: script.url.startsWith('node:')
      ? undefined
      : ScriptBindings.of(script.source, script.isModule),
    lineStarts,
  };
}

/**
 * Offset of the function's text. V8 gives the place of the parameters, which lie within the text,
 * so the text is the last occurrence that starts before them.
 */
function textOffset(
  { script, lineStarts }: KnownScript,
  fn: AnyFunction,
  location: Closure['location'],
): number | undefined {
  if (location === undefined) return undefined;
  const at = (lineStarts[location.lineNumber] ?? 0) + location.columnNumber;
  const offset = script.source.lastIndexOf(Function.prototype.toString.call(fn), at);
  return offset < 0 ? undefined : offset;
}

function placeOf(
  fn: AnyFunction,
  script: KnownScript | undefined,
  { location }: Closure,
  offset: number | undefined,
): SourcePlace {
  if (script === undefined || offset === undefined) {
    return { ...unknownPlace(fn), line: location?.lineNumber ?? 0 };
  }
  const { lineStarts } = script;
  let line = location?.lineNumber ?? 0;
  while (line > 0 && (lineStarts[line] ?? 0) > offset) line--;
  return { file: script.url, line, column: offset - (lineStarts[line] ?? 0) };
}

function unknownPlace(fn: AnyFunction): SourcePlace {
  return { file: `carried:${shownName(fn).replaceAll(' ', '-')}`, line: 0, column: 0 };
}

interface ScopeSearch {
  readonly found: Map<string, { value: unknown }>;
  readonly ownGlobals: string[];
  readonly missing: string[];
}

function searchScopes(fn: AnyFunction, source: FunctionSource, closure: Closure): ScopeSearch {
  const found = new Map<string, { value: unknown }>();
  const ownGlobals: string[] = [];
  const missing: string[] = [];
  for (const name of source.names) {
    const variable = lookUp(closure, name);
    if (variable !== undefined) found.set(name, variable);
    else if (isThreadGlobal(name)) continue;
    // A global of the program's own goes along as a value.
    else if (name in globalThis) ownGlobals.push(name);
    // V8 keeps a variable only for the functions that use it; the head of a class is none.
    else if (name === source.superclass) found.set(name, { value: Object.getPrototypeOf(fn) });
    else if (!source.typeofOnly.has(name)) missing.push(name);
  }
  return { found, ownGlobals, missing };
}

function lookUp(closure: Closure, name: string): { value: unknown } | undefined {
  for (const scope of closure.scopes) {
    const variable = readScope(scope, name);
    if (variable === 'uninitialised') return { value: undefined };
    if (variable !== 'absent') return variable;
  }
  return undefined;
}

function notFound(fn: AnyFunction, source: FunctionSource, name: string): CaptureError {
  const isGone = source.names.indexOf(name) < source.eager;
  return isGone
    ? new CaptureError(
        shownName(fn),
        [name],
        'only the definition of the class uses it, so its value is gone',
        'use it in a method of the class too, or export the class and use task()',
      )
    : new CaptureError(
        shownName(fn),
        [name],
        'it is not defined where the function was made',
        'declare it before the function, or pass it as an argument',
      );
}

function sortVariables(
  found: ReadonlyMap<string, { value: unknown }>,
  script: KnownScript | undefined,
  offset: number | undefined,
): { fixed: Map<string, CapturedVariable>; changing: string[] } {
  const fixed = new Map<string, CapturedVariable>();
  const changing: string[] = [];
  for (const [name, { value }] of found) {
    const binding = offset === undefined ? undefined : script?.bindings?.find(name, offset);
    const parent = script?.url ?? '';
    if (binding?.imported) fixed.set(name, { from: 'module', binding: binding.imported, parent });
    else if (isRequire(value)) fixed.set(name, { from: 'require', parent });
    // A constant that reads as undefined may not have had its declaration run yet.
    else if (value !== undefined && (binding?.constant || isWrapperName(name, binding, script))) {
      fixed.set(name, { from: 'value', value });
    } else changing.push(name);
  }
  return { fixed, changing };
}

/** Parameters of the CommonJS wrapper, which no text of the script declares. */
function isWrapperName(name: string, binding: unknown, script: KnownScript | undefined): boolean {
  return (
    binding === undefined &&
    script?.bindings !== undefined &&
    !script.script.isModule &&
    /^(__filename|__dirname|exports|module)$/.test(name)
  );
}

function isRequire(value: unknown): boolean {
  return (
    typeof value === 'function' &&
    'cache' in value &&
    'resolve' in value &&
    typeof value.resolve === 'function' &&
    value.cache === requireCache()
  );
}

function requireCache(): unknown {
  return (process.getBuiltinModule('node:module') as unknown as { _cache: unknown })._cache;
}

function emptyCapture(
  fn: AnyFunction,
  source: FunctionSource,
  strict: boolean | undefined,
): FunctionCapture {
  return {
    source,
    place: unknownPlace(fn),
    strict: strict ?? !source.sloppyOnly,
    fixed: new Map(),
    changing: [],
    ownGlobals: [],
  };
}

function captureGiven(
  fn: AnyFunction,
  source: FunctionSource,
  given: Readonly<Record<string, unknown>>,
): FunctionCapture {
  const fixed = new Map<string, CapturedVariable>();
  for (const name of source.names) {
    if (Object.hasOwn(given, name)) fixed.set(name, { from: 'value', value: given[name] });
    else if (!isThreadGlobal(name) && !source.typeofOnly.has(name)) {
      throw new CaptureError(
        shownName(fn),
        [name],
        'it is neither in captures nor a global',
        `add it: captures: { ${name} }`,
      );
    }
  }
  return { ...emptyCapture(fn, source, isStrictAlone(fn, source)), fixed };
}

function captureWithoutInspector(
  fn: AnyFunction,
  source: FunctionSource,
  strict: boolean | undefined,
): FunctionCapture {
  const unknown = source.names.find(
    (name) => !isThreadGlobal(name) && !source.typeofOnly.has(name),
  );
  if (unknown !== undefined || source.importMeta !== undefined) {
    const name = unknown ?? 'import.meta';
    throw new CaptureError(
      shownName(fn),
      [name],
      'this runtime cannot read the variables of a function',
      `give them: captures: { ${source.names.filter((each) => !isThreadGlobal(each)).join(', ')} }`,
    );
  }
  return emptyCapture(fn, source, strict);
}

/** Only plain functions of sloppy code have an own property `caller`. */
function isStrictAlone(fn: AnyFunction, source: FunctionSource): boolean | undefined {
  if (source.strictByItself) return true;
  if (source.sloppyOnly) return false;
  if (Object.hasOwn(fn, 'caller')) return false;
  const isPlain = source.form === 'expression' && !source.isArrow && Object.hasOwn(fn, 'prototype');
  return isPlain && Object.getPrototypeOf(fn) === Function.prototype ? true : undefined;
}
