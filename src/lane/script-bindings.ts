/**
 * Which variables of a script can still change, and which are imports.
 *
 * The script is parsed once; of the tree only a table of scopes is kept.
 */
import {
  type AnyNode,
  analyzeSyntax,
  rangeOf,
  type Scope,
  type ScopedSyntax,
  walkSyntax,
} from './scope-analysis.ts';

/** One variable of a script, seen from its declaration. */
export interface Binding {
  /**
   * It has one value from its declaration on. `object`: from when it holds an object on, since all
   * assignments are of the kind `X || (X = {})`, as compiled enums have them.
   */
  readonly constant: boolean | 'object';
  readonly imported: ImportedBinding | undefined;
}

/** A variable that stands for a member of another module. */
export interface ImportedBinding {
  readonly how: 'import' | 'require';
  readonly specifier: string;
  /** The member; empty for the namespace, or for what `require` returned. */
  readonly path: readonly string[];
  readonly attributes: Readonly<Record<string, string>> | undefined;
}

/** Above this length a script is not parsed: its variables are read anew at each call. */
export const PARSED_SCRIPT_MAX = 1_000_000;

interface ScopeRow {
  readonly start: number;
  readonly end: number;
  readonly strict: boolean;
  readonly bindings: ReadonlyMap<string, Binding>;
}

/** The variables of one script. */
export class ScriptBindings {
  readonly #rows: readonly ScopeRow[];

  /** The table of a script, or `undefined` when it cannot or should not be parsed. */
  static of(source: string, isModule: boolean): ScriptBindings | undefined {
    if (source.length > PARSED_SCRIPT_MAX) return undefined;
    try {
      return new ScriptBindings(analyzeSyntax(source, isModule ? 'module' : 'commonjs'));
    } catch {
      return undefined;
    }
  }

  private constructor({ program, scopes }: ScopedSyntax) {
    const guarded = guardedAssignments(program);
    this.#rows = scopes.scopes
      .map((scope) => rowOf(scope, guarded))
      .sort((left, right) => left.start - right.start);
  }

  /** The variable that `name` means to the function whose text starts at `offset`. */
  find(name: string, offset: number): Binding | undefined {
    for (let index = this.#rows.length - 1; index >= 0; index--) {
      const row = this.#rows[index] as ScopeRow;
      if (row.start > offset || row.end <= offset) continue;
      const binding = row.bindings.get(name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  }

  /** Whether the code at `offset` is strict. */
  isStrict(offset: number): boolean {
    return this.#rows.some((row) => row.strict && row.start <= offset && offset < row.end);
  }
}

function rowOf(scope: Scope, guarded: ReadonlySet<unknown>): ScopeRow {
  const [start, end] = rangeOf(scope.block);
  const bindings = new Map<string, Binding>();
  const statements = outerStatements(scope);
  for (const variable of scope.variables) {
    if (variable.defs.length === 0) continue;
    const constant = variable.defs.length === 1 && constancy(variable, statements, guarded);
    bindings.set(variable.name, {
      constant,
      imported: constant === true ? importedBinding(variable.defs[0] as Definition) : undefined,
    });
  }
  // The outermost scope reaches over comments before the first statement too.
  const whole = scope.upper === null || scope.block.type === 'Program';
  return { start: whole ? 0 : start, end, strict: scope.isStrict, bindings };
}

type Variable = Scope['variables'][number];
type Definition = Variable['defs'][number];

function constancy(
  variable: Variable,
  statements: ReadonlySet<number>,
  guarded: ReadonlySet<unknown>,
): Binding['constant'] {
  const [definition] = variable.defs;
  if (definition === undefined) return false;
  const assignments = variable.references.filter((use) => use.isWrite() && use.init !== true);
  if (!assignments.every(({ identifier }) => guarded.has(identifier))) return false;
  if (!isDeclaredOnce(definition, statements)) return false;
  return assignments.length === 0 ? true : 'object';
}

/** A `var` in a loop or a branch may be given its value more than once, or never. */
function isDeclaredOnce(definition: Definition, statements: ReadonlySet<number>): boolean {
  if (definition.type !== 'Variable') return true;
  const { parent } = definition as unknown as { parent: { kind: string } };
  return parent.kind !== 'var' || statements.has(rangeOf(parent)[0]);
}

/** Where the statements start that a scope runs one after the other. */
function outerStatements(scope: Scope): ReadonlySet<number> {
  const block = scope.block as unknown as { body?: AnyNode | AnyNode[] };
  const inner = Array.isArray(block.body) ? undefined : (block.body as { body?: unknown })?.body;
  const body = (Array.isArray(block.body) ? block.body : inner) as AnyNode[] | undefined;
  if (!Array.isArray(body)) return new Set();
  return new Set(
    body.map((statement) =>
      statement.type === 'ExportNamedDeclaration' && statement.declaration
        ? statement.declaration.start
        : statement.start,
    ),
  );
}

/** The variables in `X || (X = {})`, `X ??= {}` and the like, at their assignment. */
function guardedAssignments(program: AnyNode): ReadonlySet<unknown> {
  const guarded = new Set<unknown>();
  walkSyntax(program, (node) => {
    if (node.type === 'AssignmentExpression' && /^(\|\||\?\?)=$/.test(node.operator)) {
      guarded.add(node.left);
    } else if (node.type === 'LogicalExpression' && node.operator !== '&&') {
      const { left, right } = node;
      const assigned = right.type === 'AssignmentExpression' ? right.left : undefined;
      if (left.type === 'Identifier' && assigned?.type === 'Identifier') {
        if (left.name === assigned.name) guarded.add(assigned);
      }
    }
    return undefined;
  });
  return guarded;
}

function importedBinding(definition: Definition): ImportedBinding | undefined {
  if (definition.type === 'ImportBinding') {
    return declaredImport(
      definition.node as unknown as AnyNode,
      (definition as unknown as { parent: AnyNode }).parent,
    );
  }
  if (definition.type !== 'Variable') return undefined;
  const { init, id } = definition.node as unknown as { init: AnyNode | null; id: AnyNode };
  const required = init && requiredModule(init);
  if (!required) return undefined;
  const member = memberOfPattern(id, definition.name as unknown as { name: string });
  return member && { ...required, path: [...required.path, ...member] };
}

function declaredImport(specifier: AnyNode, declaration: AnyNode): ImportedBinding | undefined {
  if (declaration.type !== 'ImportDeclaration') return undefined;
  const path =
    specifier.type === 'ImportNamespaceSpecifier'
      ? []
      : specifier.type === 'ImportSpecifier'
        ? [nameOf(specifier.imported)]
        : ['default'];
  const pairs = (declaration.attributes ?? []).map(
    ({ key, value }) => [nameOf(key), String(value.value)] as const,
  );
  return {
    how: 'import',
    specifier: String(declaration.source.value),
    path,
    attributes: pairs.length > 0 ? Object.fromEntries(pairs) : undefined,
  };
}

/** `require('x')`, `require('x').y`. */
function requiredModule(init: AnyNode): ImportedBinding | undefined {
  if (init.type === 'MemberExpression' && !init.computed && init.property.type === 'Identifier') {
    const object = requiredModule(init.object);
    return object && { ...object, path: [...object.path, init.property.name] };
  }
  if (init.type !== 'CallExpression' || init.callee.type !== 'Identifier') return undefined;
  const [specifier, ...rest] = init.arguments;
  if (init.callee.name !== 'require' || rest.length > 0) return undefined;
  if (specifier?.type !== 'Literal' || typeof specifier.value !== 'string') return undefined;
  return { how: 'require', specifier: specifier.value, path: [], attributes: undefined };
}

/** What a variable takes out of `require('x')`: all of it, or one property. */
function memberOfPattern(pattern: AnyNode, variable: { name: string }): string[] | undefined {
  if (pattern.type === 'Identifier') return [];
  if (pattern.type !== 'ObjectPattern') return undefined;
  for (const property of pattern.properties) {
    if (property.type !== 'Property' || property.computed) continue;
    if (property.value.type === 'Identifier' && property.value.name === variable.name) {
      return [nameOf(property.key)];
    }
  }
  return undefined;
}

function nameOf(node: AnyNode): string {
  return node.type === 'Identifier' ? node.name : String((node as { value?: unknown }).value);
}
