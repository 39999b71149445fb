/** The free variables of one function: where each comes from, and its value at this moment. */
import type { Refusal } from './capture-refusals.ts';
import type { SourcePlace } from './carried-payload.ts';
import { type Closure, closureOf, readScope } from './closure-values.ts';
import type { FunctionSource } from './function-source.ts';
import {
  type KnownScript,
  knownScript,
  placeOf,
  textOffset,
  unknownPlace,
} from './known-scripts.ts';
import { isThreadGlobal } from './known-values.ts';
import type { Binding, ImportedBinding } from './script-bindings.ts';
import type { AnyFunction } from './thread-task.ts';

/** A captured variable. */
export type CapturedVariable =
  | { readonly from: 'value'; readonly value: unknown }
  | {
      readonly from: 'module';
      readonly binding: ImportedBinding;
      readonly parent: string;
      readonly value: unknown;
    }
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

/** Stops with a refusal of a variable of the function. */
export type Refuse = (name: string, refusal: Refusal) => never;

type Given = Readonly<Record<string, unknown>>;

/**
 * Finds the variables of a function.
 *
 * @param given - Explicit captures, which are all there is for the function they were given for.
 *   Functions that it captured have closures of their own; these are read where a runtime can.
 */
export function captureVariables(
  fn: AnyFunction,
  source: FunctionSource,
  given: { readonly captures: Given; readonly areExact: boolean } | undefined,
  refuse: Refuse,
): FunctionCapture {
  if (given?.areExact) return captureGiven(fn, source, given.captures, refuse, true);
  const strictAlone = isStrictAlone(fn, source);
  const needsFile = source.importMeta !== undefined || source.importsDynamically;
  if (source.names.length === 0 && !needsFile) return emptyCapture(fn, source, strictAlone);
  const closure = closureOf(fn);
  if (closure === undefined) {
    return captureGiven(fn, source, given?.captures ?? {}, refuse, false);
  }
  const search = searchScopes(fn, source, closure);
  const [missing] = search.missing;
  const script =
    search.found.size > 0 || needsFile || missing !== undefined
      ? knownScript(closure.location?.scriptId)
      : undefined;
  // Node's own functions are told apart by where they stand; their names are none of our business.
  if (missing !== undefined && !script?.url.startsWith('node:')) {
    refuse(missing, notFound(source, missing));
  }
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

interface ScopeSearch {
  readonly found: Map<string, FoundVariable>;
  readonly ownGlobals: string[];
  readonly missing: string[];
}

function searchScopes(fn: AnyFunction, source: FunctionSource, closure: Closure): ScopeSearch {
  const found = new Map<string, FoundVariable>();
  const ownGlobals: string[] = [];
  const missing: string[] = [];
  for (const name of source.names) {
    const variable = lookUp(closure, name);
    if (variable !== undefined) found.set(name, variable);
    else if (isThreadGlobal(name)) continue;
    // A global of the program's own goes along as a value.
    else if (name in globalThis) ownGlobals.push(name);
    // V8 keeps a variable only for the functions that use it; the head of a class is none.
    else if (name === source.superclass) {
      found.set(name, { value: Object.getPrototypeOf(fn), isOpen: false });
    } else if (!source.typeofOnly.has(name)) missing.push(name);
  }
  return { found, ownGlobals, missing };
}

interface FoundVariable {
  readonly value: unknown;
  /** Its scope is open to code that the script does not show: `with`, or the scripts of a REPL. */
  readonly isOpen: boolean;
}

function lookUp(closure: Closure, name: string): FoundVariable | undefined {
  for (const scope of closure.scopes) {
    const variable = readScope(scope, name);
    if (variable === 'absent') continue;
    const value = variable === 'uninitialised' ? undefined : variable.value;
    return { value, isOpen: /^(With|Script)/.test(scope.description) };
  }
  return undefined;
}

function notFound(source: FunctionSource, name: string): Refusal {
  const isGone = source.names.indexOf(name) < source.eager;
  return isGone
    ? {
        reason: 'only the definition of the class uses it, so its value is gone',
        advice: 'use it in a method of the class too, or export the class and use task()',
      }
    : {
        reason: 'it is not defined where the function was made',
        advice: 'declare it before the function, or pass it as an argument',
      };
}

function sortVariables(
  found: ReadonlyMap<string, FoundVariable>,
  script: KnownScript | undefined,
  offset: number | undefined,
): { fixed: Map<string, CapturedVariable>; changing: string[] } {
  const fixed = new Map<string, CapturedVariable>();
  const changing: string[] = [];
  for (const [name, { value, isOpen }] of found) {
    const binding =
      offset === undefined || isOpen ? undefined : script?.bindings?.find(name, offset);
    const parent = script?.url ?? '';
    if (binding?.imported)
      fixed.set(name, { from: 'module', binding: binding.imported, parent, value });
    else if (isRequire(value)) fixed.set(name, { from: 'require', parent });
    else if (
      isSettled(value, binding?.constant ?? false) ||
      (value !== undefined && isWrapperName(name, binding, script))
    ) {
      fixed.set(name, { from: 'value', value });
    } else changing.push(name);
  }
  return { fixed, changing };
}

/** A constant that reads as undefined may not have had its declaration run yet. */
function isSettled(value: unknown, constant: Binding['constant']): boolean {
  if (constant === 'object') return typeof value === 'object' && value !== null;
  return constant && value !== undefined;
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

/** With `exact`, a name that is not given is refused for that; without, for want of an inspector. */
function captureGiven(
  fn: AnyFunction,
  source: FunctionSource,
  given: Given,
  refuse: Refuse,
  isExact: boolean,
): FunctionCapture {
  const fixed = new Map<string, CapturedVariable>();
  const wanted = source.importMeta === undefined ? source.names : ['import.meta', ...source.names];
  for (const name of wanted) {
    if (Object.hasOwn(given, name)) fixed.set(name, { from: 'value', value: given[name] });
    else if (!isThreadGlobal(name) && !source.typeofOnly.has(name)) {
      refuse(name, {
        reason: isExact
          ? 'it is neither in captures nor a global'
          : 'this runtime cannot read the variables of a function',
        advice:
          name === 'import.meta'
            ? 'read its url into a const and capture that'
            : `give it by name: captures: { ${name} }`,
      });
    }
  }
  return { ...emptyCapture(fn, source, isStrictAlone(fn, source)), fixed };
}

/** Only plain functions of sloppy code have an own property `caller`. */
function isStrictAlone(fn: AnyFunction, source: FunctionSource): boolean | undefined {
  if (source.strictByItself) return true;
  if (source.sloppyOnly) return false;
  if (Object.hasOwn(fn, 'caller')) return false;
  const isPlain = source.form === 'expression' && !source.isArrow && Object.hasOwn(fn, 'prototype');
  return isPlain && Object.getPrototypeOf(fn) === Function.prototype ? true : undefined;
}
