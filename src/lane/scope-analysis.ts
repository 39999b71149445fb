/**
 * Syntax trees and scopes, by acorn and eslint-scope.
 *
 * Both are loaded at the first function that needs them: a program that never sends a function to a
 * thread does not pay for them.
 */
import { createRequire } from 'node:module';
import type { AnyNode, Options, Program } from 'acorn';
import type { Reference, Scope, ScopeManager } from 'eslint-scope';

export type { AnyNode, Program, Reference, Scope, ScopeManager };

/** How a text is to be read. */
export type SyntaxKind = 'script' | 'module' | 'commonjs';

/** A parsed text and who declares what in it. */
export interface ScopedSyntax {
  readonly program: Program;
  readonly scopes: ScopeManager;
}

const ECMA_VERSION = 2025;

interface Libraries {
  readonly acorn: typeof import('acorn');
  readonly eslintScope: typeof import('eslint-scope');
}

let loaded: Libraries | undefined;

/**
 * Parses and resolves a text.
 *
 * @throws SyntaxError of acorn, when the text is not JavaScript of this kind.
 */
export function analyzeSyntax(text: string, kind: SyntaxKind): ScopedSyntax {
  const program = parseSyntax(text, kind);
  const { eslintScope } = libraries();
  const scopes = eslintScope.analyze(
    program as never,
    {
      ecmaVersion: ECMA_VERSION,
      sourceType: kind,
      nodejsScope: kind === 'commonjs',
      fallback: childKeys,
    } as never,
  );
  return { program, scopes };
}

/**
 * Parses a text.
 *
 * @throws SyntaxError of acorn, when the text is not JavaScript of this kind.
 */
export function parseSyntax(text: string, kind: SyntaxKind): Program {
  const options: Options & { checkPrivateFields: boolean } = {
    ecmaVersion: 'latest',
    sourceType: kind === 'module' ? 'module' : 'script',
    allowReturnOutsideFunction: kind === 'commonjs',
    allowAwaitOutsideFunction: true,
    allowSuperOutsideMethod: true,
    allowHashBang: true,
    // A method of a class is parsed without its class; who may use what is decided by the caller.
    checkPrivateFields: false,
  };
  // Inside a function of a module `import.meta` is legal, whatever surrounds the function.
  if (kind === 'script') options.allowImportExportEverywhere = true;
  // eslint-scope reads the ranges.
  return libraries().acorn.parse(text, { ...options, ranges: true });
}

/**
 * Visits a tree from the top. `visit` returns `false` to leave out what is below a node.
 */
export function walkSyntax(
  node: AnyNode,
  visit: (node: AnyNode, parent: AnyNode | undefined) => boolean | undefined,
  parent?: AnyNode,
): void {
  if (visit(node, parent) === false) return;
  for (const key of childKeys(node)) {
    const child = (node as unknown as Record<string, unknown>)[key];
    if (Array.isArray(child)) {
      for (const element of child) if (isNode(element)) walkSyntax(element, visit, node);
    } else if (isNode(child)) {
      walkSyntax(child, visit, node);
    }
  }
}

/** First and last offset of a node in the text. */
export function rangeOf(node: unknown): readonly [start: number, end: number] {
  const { start, end } = node as AnyNode;
  return [start, end];
}

function childKeys(node: object): string[] {
  return Object.keys(node).filter((key) => key !== 'type' && key !== 'range' && key !== 'parent');
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function libraries(): Libraries {
  if (loaded === undefined) {
    const requireFromHere = createRequire(import.meta.url);
    loaded = { acorn: requireFromHere('acorn'), eslintScope: requireFromHere('eslint-scope') };
  }
  return loaded;
}
