/** Compiles the source of carried functions. */
import { Script } from 'node:vm';
import type { FunctionNode } from './carried-payload.ts';
import { importOptions } from './revive-modules.ts';

/** A compiled source with variables of its own. */
export interface FunctionInstance {
  /** Evaluates the source: defines the function or class. */
  readonly make: () => unknown;
  /** Gives the variable at this place in `names` its value. */
  readonly bind: (index: number, value: unknown) => void;
}

type Factory = () => [make: () => unknown, bind: (index: number, value: unknown) => void];

const factories = new Map<string, Factory>();
const FACTORIES_MAX = 500;

/** A new instance of a function's source; the same source is compiled once. */
export function instantiate(node: FunctionNode): FunctionInstance {
  const { file, line, column } = node.place;
  const key = `${file}:${line}:${column}:${node.strict}:${node.names.join()}:${node.source}`;
  let factory = factories.get(key);
  if (factory === undefined) {
    factory = compile(node);
    if (factories.size >= FACTORIES_MAX) factories.delete(factories.keys().next().value as string);
    factories.set(key, factory);
  }
  const [make, bind] = factory();
  return { make, bind };
}

/**
 * The source becomes the body of a function whose variables are the captured ones. It is compiled
 * as a script at its old place, so that stacks name the file and line it was written at.
 */
function compile({ source, form, strict, names, place }: FunctionNode): Factory {
  const [open, close] = form === 'expression' ? ['(', ')'] : ['({', '})'];
  const directive = strict ? "'use strict';" : '';
  const variables = names.length > 0 ? `let ${names.join()};` : '';
  const [index, value] = [unusedName('index', names), unusedName('value', names)];
  const cases = names.map((name, at) => `case ${at}:${name}=${value};break;`).join('');
  const before = `(function(){${directive}${variables}return[()=>${open}`;
  const after = `${close},(${index},${value})=>{switch(${index}){${cases}}}]})`;
  const script = new Script(before + source + after, {
    filename: place.file,
    lineOffset: place.line,
    columnOffset: place.column - before.length,
    ...(source.includes('import') && importOptions()),
  });
  return script.runInThisContext() as Factory;
}

function unusedName(base: string, names: readonly string[]): string {
  let name = base;
  while (names.includes(name)) name += '_';
  return name;
}
