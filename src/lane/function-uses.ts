/** What the syntax of a function uses: of its surroundings, of its names, of its module. */
import { type AnyNode, walkSyntax } from './scope-analysis.ts';

/** A use of the place where a function was written. */
export interface Surrounding {
  readonly what: 'this' | 'super' | 'arguments' | 'eval' | 'with' | 'private' | 'import.meta';
  /** As it stands in the text. */
  readonly text: string;
}

/** The uses found in one function. */
export interface Uses {
  surroundings: Surrounding[];
  usesThis: boolean;
  hasPrivateMembers: boolean;
  importsDynamically: boolean;
  /** Nodes of `import.meta`, with the member that is read. */
  importMeta: AnyNode[];
  typeofOperands: Set<unknown>;
  givenThis: Set<unknown>;
}

/** Walks a function, class or method once for what it uses, and once for its own context. */
export function usesOf(root: AnyNode, isClass: boolean, isArrow: boolean): Uses {
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
