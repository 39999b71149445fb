/** What the text of a function says by itself: its kind, its free variables and what it does. */
import type { SourceForm } from './carried-payload.ts';
import { type Surrounding, usesOf } from './function-uses.ts';
import {
  type AnyNode,
  analyzeSyntax,
  parseSyntax,
  type Reference,
  rangeOf,
} from './scope-analysis.ts';
import { simpleSource } from './simple-source.ts';

/** A function's text, read once per distinct text. */
export interface FunctionSource {
  /** The text to compile: what V8 shows, with computed keys and `import.meta` replaced. */
  readonly text: string;
  readonly form: SourceForm;
  readonly isClass: boolean;
  readonly isArrow: boolean;
  /** Names the text uses and does not declare, first those a class needs while it is defined. */
  readonly names: readonly string[];
  /** How many of `names` those are. */
  readonly eager: number;
  /** Free names that the text assigns to. */
  readonly written: readonly string[];
  /** Free names that are only ever asked for their type. */
  readonly typeofOnly: ReadonlySet<string>;
  /** Free names called with `new` or with a `this` of their own. */
  readonly givenThis: ReadonlySet<string>;
  /** What the text uses of its surroundings and cannot have on a thread. */
  readonly surroundings: readonly Surrounding[];
  /** It uses its own `this`: it is a method or a constructor. */
  readonly usesThis: boolean;
  /** The name that stands for `import.meta` in `text`. */
  readonly importMeta: string | undefined;
  /** It has an `import()`, which is resolved from the file it stands in. */
  readonly importsDynamically: boolean;
  /** Strict whatever surrounds it: a class, or a function with its own directive. */
  readonly strictByItself: boolean;
  /** The text is not legal in strict code. */
  readonly sloppyOnly: boolean;
  /** A class with private members: its instances cannot be made without its constructor. */
  readonly hasPrivateMembers: boolean;
  /** The name after `extends`, if it is a free name. */
  readonly superclass: string | undefined;
  /** Names of static fields, which the text gives their first values. */
  readonly staticFields: ReadonlySet<string>;
}

/** A text that V8 shows for functions that have no JavaScript source. */
export function isNativeText(text: string): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(text);
}

/** A function's own name, without running code of it; empty if it has none. */
export function ownName(fn: (...values: never[]) => unknown): string {
  const { value } = Object.getOwnPropertyDescriptor(fn, 'name') ?? {};
  return typeof value === 'string' ? value : '';
}

/** A function's name as errors show it. */
export function shownName(fn: (...values: never[]) => unknown): string {
  return ownName(fn) || 'the function';
}

const known = new Map<string, FunctionSource>();
const KNOWN_MAX = 2000;

/**
 * Reads the text of a function, as `Function.prototype.toString` gives it.
 *
 * @param name - The function's name, which stands in for a computed key.
 * @throws SyntaxError when the text is no function.
 */
export function functionSource(text: string, name: string): FunctionSource {
  const key = `${name}\n${text}`;
  let source = known.get(key);
  if (source === undefined) {
    source = simpleSource(text) ?? readSource(text, name);
    // Oldest first: a program that makes texts without end must not fill the memory with them.
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value as string);
    known.set(key, source);
  }
  return source;
}

interface ParsedFunction {
  readonly node: AnyNode;
  readonly form: SourceForm;
  /** Offset of the text in what was parsed. */
  readonly offset: number;
  readonly references: readonly Reference[];
  readonly key: AnyNode | undefined;
  readonly sloppyOnly: boolean;
}

function readSource(text: string, name: string): FunctionSource {
  const parsed = parseFunction(text);
  const isClass = parsed.node.type === 'ClassExpression';
  const isArrow = parsed.node.type === 'ArrowFunctionExpression';
  const uses = usesOf(parsed.node, isClass, isArrow);
  const free = parsed.references.filter(({ identifier }) => !isWithin(identifier, parsed.key));
  const eagerParts = isClass ? partsRunAtDefinition(parsed.node) : [];
  const { names, eager } = namesOf(free, eagerParts);
  const argumentsUse = isArrow && names.includes('arguments');
  const captured = names.filter((free) => free !== 'arguments');
  const importMeta = uses.importMeta.length > 0 ? placeholder(text) : undefined;
  return {
    text: rewrite(text, parsed, name, uses.importMeta, importMeta),
    form: parsed.form,
    isClass,
    isArrow,
    names: captured,
    eager: Math.min(eager, captured.length),
    written: [...new Set(free.filter((use) => use.isWrite()).map((use) => use.identifier.name))],
    typeofOnly: onlyNames(free, (use) => uses.typeofOperands.has(use.identifier)),
    givenThis: new Set(
      free.filter((use) => uses.givenThis.has(use.identifier)).map((use) => use.identifier.name),
    ),
    surroundings: [
      ...uses.surroundings,
      ...(argumentsUse ? [{ what: 'arguments', text: 'arguments' } as const] : []),
    ],
    usesThis: uses.usesThis,
    importMeta,
    importsDynamically: uses.importsDynamically,
    strictByItself: isClass || hasStrictDirective(parsed.node),
    sloppyOnly: parsed.sloppyOnly,
    hasPrivateMembers: uses.hasPrivateMembers,
    superclass: superclassOf(parsed.node),
    staticFields: staticFieldsOf(parsed.node),
  };
}

/** A method's text is no expression of its own, so it is read inside an object literal. */
function parseFunction(text: string): ParsedFunction {
  let failure: unknown;
  for (const [prefix, suffix] of [
    ['(', ')'],
    ['({', '})'],
  ] as const) {
    try {
      const wrapped = prefix + text + suffix;
      const { program, scopes } = analyzeSyntax(wrapped, 'script');
      const node = functionOf(program.body[0] as AnyNode);
      if (node === undefined) continue;
      return {
        ...node,
        offset: prefix.length,
        references: scopes.globalScope?.through ?? [],
        sloppyOnly: !parsesStrict(wrapped),
      };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure ?? new SyntaxError('not the source of a function');
}

function functionOf(
  statement: AnyNode,
): { node: AnyNode; form: SourceForm; key: AnyNode | undefined } | undefined {
  if (statement.type !== 'ExpressionStatement') return undefined;
  const { expression } = statement;
  if (expression.type !== 'ObjectExpression') {
    return /Function|Class/.test(expression.type)
      ? { node: expression, form: 'expression', key: undefined }
      : undefined;
  }
  const [property] = expression.properties;
  if (property?.type !== 'Property' || property.value.type !== 'FunctionExpression') {
    return undefined;
  }
  const form = property.kind === 'get' ? 'getter' : property.kind === 'set' ? 'setter' : 'method';
  return { node: property.value, form, key: property.computed ? property.key : undefined };
}

function parsesStrict(wrapped: string): boolean {
  try {
    parseSyntax(`'use strict';${wrapped}`, 'script');
    return true;
  } catch {
    return false;
  }
}

function partsRunAtDefinition(node: AnyNode): AnyNode[] {
  if (node.type !== 'ClassExpression') return [];
  const parts: (AnyNode | null | undefined)[] = [node.superClass];
  for (const member of node.body.body) {
    if (member.type === 'StaticBlock') parts.push(member);
    else {
      if (member.computed) parts.push(member.key);
      if (member.static && member.type === 'PropertyDefinition') parts.push(member.value);
    }
  }
  return parts.filter((part): part is AnyNode => part !== null && part !== undefined);
}

function namesOf(
  free: readonly Reference[],
  eagerParts: readonly AnyNode[],
): { names: string[]; eager: number } {
  const first = new Set<string>();
  for (const { identifier } of free) {
    if (eagerParts.some((part) => isWithin(identifier, part))) first.add(identifier.name);
  }
  const names = new Set([...first, ...free.map(({ identifier }) => identifier.name)]);
  return { names: [...names], eager: first.size };
}

function onlyNames(
  free: readonly Reference[],
  holds: (use: Reference) => boolean,
): ReadonlySet<string> {
  const names = new Set(free.map(({ identifier }) => identifier.name));
  for (const use of free) if (!holds(use)) names.delete(use.identifier.name);
  return names;
}

function superclassOf(node: AnyNode): string | undefined {
  if (node.type !== 'ClassExpression' || node.superClass?.type !== 'Identifier') return undefined;
  return node.superClass.name;
}

function staticFieldsOf(node: AnyNode): ReadonlySet<string> {
  const names = new Set<string>();
  if (node.type !== 'ClassExpression') return names;
  for (const member of node.body.body) {
    if (member.type !== 'PropertyDefinition' || !member.static || member.computed) continue;
    if (member.key.type === 'Identifier') names.add(member.key.name);
    else if (member.key.type === 'Literal') names.add(String(member.key.value));
  }
  return names;
}

function hasStrictDirective(node: AnyNode): boolean {
  const body = (node as { body?: AnyNode }).body;
  return (
    body?.type === 'BlockStatement' &&
    body.body.some((line) => line.type === 'ExpressionStatement' && line.directive === 'use strict')
  );
}

function isWithin(inner: unknown, outer: unknown): boolean {
  if (outer === undefined || outer === null) return false;
  const [start, end] = rangeOf(inner);
  const [from, to] = rangeOf(outer);
  return start >= from && end <= to;
}

/** As long as `import.meta`, so that columns stay what they are. */
function placeholder(text: string): string {
  let name = 'import_meta';
  while (text.includes(name)) name += '_';
  return name;
}

function rewrite(
  text: string,
  parsed: ParsedFunction,
  name: string,
  importMeta: readonly AnyNode[],
  metaName: string | undefined,
): string {
  const edits = importMeta.map((node) => ({ node, by: metaName ?? '' }));
  if (parsed.key !== undefined) edits.push({ node: parsed.key, by: JSON.stringify(name) });
  edits.sort((left, right) => right.node.start - left.node.start);
  let result = text;
  for (const { node, by } of edits) {
    const [start, end] = rangeOf(node);
    result = result.slice(0, start - parsed.offset) + by + result.slice(end - parsed.offset);
  }
  return result;
}
