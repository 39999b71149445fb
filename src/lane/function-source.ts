/** What the text of a function says by itself: its kind, its free variables and what it does. */
import type { SourceForm } from './carried-payload.ts';
import {
  type AnyNode,
  analyzeSyntax,
  parseSyntax,
  type Reference,
  rangeOf,
  walkSyntax,
} from './scope-analysis.ts';

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

/** A use of the place where a function was written. */
export interface Surrounding {
  readonly what: 'this' | 'super' | 'arguments' | 'eval' | 'with' | 'private' | 'import.meta';
  /** As it stands in the text. */
  readonly text: string;
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
    source = readSource(text, name);
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

interface Uses {
  surroundings: Surrounding[];
  usesThis: boolean;
  hasPrivateMembers: boolean;
  importsDynamically: boolean;
  /** Nodes of `import.meta`, with the member that is read. */
  importMeta: AnyNode[];
  typeofOperands: Set<unknown>;
  givenThis: Set<unknown>;
}

function usesOf(root: AnyNode, isClass: boolean, isArrow: boolean): Uses {
  const uses: Uses = {
    surroundings: [],
    usesThis: false,
    hasPrivateMembers: false,
    importsDynamically: false,
    importMeta: [],
    typeofOperands: new Set(),
    givenThis: new Set(),
  };
  walkSyntax(root, (node, parent) => {
    noteUse(node, parent, uses);
    return undefined;
  });
  noteOwnContext(root, uses, isClass ? 'class' : isArrow ? 'arrow' : 'function');
  return uses;
}

function noteUse(node: AnyNode, parent: AnyNode | undefined, uses: Uses): void {
  if (node.type === 'UnaryExpression' && node.operator === 'typeof') {
    uses.typeofOperands.add(node.argument);
  } else if (node.type === 'NewExpression') {
    uses.givenThis.add(node.callee);
  } else if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression') {
    const { object, property } = node.callee;
    if (property.type === 'Identifier' && /^(call|apply|bind)$/.test(property.name)) {
      uses.givenThis.add(object);
    }
  } else if (/^Class/.test(node.type)) {
    uses.givenThis.add((node as { superClass?: unknown }).superClass);
  } else if (node.type === 'MetaProperty' && node.meta.name === 'import') {
    uses.importMeta.push(node);
    if (!readsKnownMeta(parent)) {
      uses.surroundings.push({ what: 'import.meta', text: 'import.meta' });
    }
  } else if (node.type === 'ImportExpression') {
    uses.importsDynamically = true;
  } else if (node.type === 'WithStatement') {
    uses.surroundings.push({ what: 'with', text: 'with' });
  }
  if (
    node.type === 'CallExpression' &&
    node.callee.type === 'Identifier' &&
    node.callee.name === 'eval'
  ) {
    uses.surroundings.push({ what: 'eval', text: 'eval(…)' });
  }
  if (
    (node.type === 'PropertyDefinition' || node.type === 'MethodDefinition') &&
    node.key.type === 'PrivateIdentifier' &&
    !node.static
  ) {
    uses.hasPrivateMembers = true;
  }
}

/** The members of `import.meta` that follow from the URL alone. */
function readsKnownMeta(parent: AnyNode | undefined): boolean {
  return (
    parent?.type === 'MemberExpression' &&
    !parent.computed &&
    parent.property.type === 'Identifier' &&
    /^(url|dirname|filename)$/.test(parent.property.name)
  );
}

/** Uses of `this` and the like that belong to the function itself, not to one nested in it. */
function noteOwnContext(root: AnyNode, uses: Uses, kind: 'class' | 'arrow' | 'function'): void {
  if (kind === 'class') return;
  const note = (what: Surrounding['what'], text: string): void => {
    uses.surroundings.push({ what, text });
  };
  walkSyntax(root, (node) => {
    if (node !== root && /^(FunctionExpression|FunctionDeclaration)$/.test(node.type)) return false;
    if (/^Class(Expression|Declaration)$/.test(node.type)) return false;
    if (node.type === 'ThisExpression') {
      if (kind === 'arrow') note('this', 'this');
      else uses.usesThis = true;
    } else if (node.type === 'Super') {
      note('super', 'super');
    } else if (node.type === 'PrivateIdentifier') {
      note('private', `#${node.name}`);
    }
    return undefined;
  });
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
