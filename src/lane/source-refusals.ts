/** Why the text of a function forbids it to leave the place where it was written. */
import type { Refusal } from './capture-refusals.ts';
import type { FunctionSource } from './function-source.ts';
import type { Surrounding } from './function-uses.ts';

/** A refusal, and what in the text it is about. */
export interface SourceRefusal extends Refusal {
  readonly part: string;
}

const REASONS: Readonly<Record<Surrounding['what'], Refusal>> = {
  this: {
    reason: 'an arrow function uses the this of its surroundings',
    advice: 'read what it needs of this into a const before it, or pass it as an argument',
  },
  super: {
    reason: 'super means the class or object around the function',
    advice: 'carry the whole class, or call the other method by its name',
  },
  arguments: {
    reason: 'an arrow function uses the arguments of its surroundings',
    advice: 'use rest parameters: (...values) => …',
  },
  eval: {
    reason: 'eval can use any variable, so what has to be carried is unknown',
    advice: 'write the code out, or put it into a module and use task()',
  },
  with: {
    reason: 'with makes it unknown which variables are used',
    advice: 'name the object in front of its members',
  },
  private: {
    reason: 'a private name has no meaning outside its class',
    advice: 'carry the whole class, or read the private value into a const',
  },
  'import.meta': {
    reason: 'only url, dirname and filename of import.meta are known on a thread',
    advice: 'read the value into a const before the function',
  },
};

/** The first thing in a text that keeps it where it is, or `undefined`. */
export function surroundingRefusal({ surroundings }: FunctionSource): SourceRefusal | undefined {
  const [first] = surroundings;
  return first && { part: first.text, ...REASONS[first.what] };
}

/** The refusal of a function that is called without the object it is about. */
export const THIS_REFUSAL: Refusal = {
  reason: 'the function uses this, and on a thread nobody gives it one',
  advice: 'pass the object as an argument, or carry a function that calls the method',
};

/** The refusal of an assignment that would be lost. */
export function writtenRefusal(functionName: string): Refusal {
  return {
    reason: `${functionName} assigns to it, but on a thread it has a copy`,
    advice: 'return the new value, or keep it in a SharedArrayBuffer',
  };
}
