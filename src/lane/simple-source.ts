/**
 * Functions so simple that their text can be read without a parser, which takes longer to load than a
 * thread to start: an expression over parameters, in an arrow function or behind a `return`.
 *
 * The text is what the engine shows of a function that it has compiled, so it is legal JavaScript. What
 * is looked for here is only whether it names anything but its parameters.
 */
import type { FunctionSource } from './function-source.ts';

const NAME = '[A-Za-z_$][\\w$]*';
const PARAMETERS = `(?:${NAME}(?:\\s*,\\s*${NAME})*)?`;
const ARROW = new RegExp(`^(?:\\(\\s*(${PARAMETERS})\\s*\\)|(${NAME}))\\s*=>\\s*([^]*)$`);
const FUNCTION = new RegExp(
  `^function\\b\\s*(?:${NAME})?\\s*\\(\\s*(${PARAMETERS})\\s*\\)\\s*(\\{[^]*)$`,
);
const RETURN = /^\{\s*return\b([^{}]*?);?\s*\}$/;
/** Without escapes: a legacy one would be legal in sloppy code only. */
const STRINGS = /'[^'\\\n]*'|"[^"\\\n]*"/g;
const MEMBERS = new RegExp(`(?<!\\.\\.)\\.\\s*${NAME}`, 'g');
/** Without those that only sloppy code allows, such as 010. */
const NUMBERS = /(?<![\w$])(?:0|[1-9]\d*)(?:\.\d+)?(?![\w$])/g;
const COMPARISONS = /[=!]==?|[<>]=/g;
const NAMES = new RegExp(NAME, 'g');
/** What may be left of an expression. No slash (comments, patterns), no braces, no assignment. */
const OPERATORS = /^[\s()[\],.?:+\-*%<>!&|^~]*$/;
/** As names of parameters these mean something in strict or in asynchronous code. */
const SPECIAL =
  /^(?:eval|arguments|let|static|yield|await|async|implements|interface|package|private|protected|public)$/;
const CONSTANTS: ReadonlySet<string> = new Set(['null', 'true', 'false']);

/** The source of a function of this kind; `undefined` for all that may be of another. */
export function simpleSource(text: string): FunctionSource | undefined {
  const arrow = ARROW.exec(text);
  const [, list = '', single = '', body = ''] = arrow ?? withoutSingle(FUNCTION.exec(text));
  const expression = body.startsWith('{') ? RETURN.exec(body)?.[1] : body;
  if (expression === undefined || expression === '') return undefined;
  const parameters = new Set((list + single).match(NAMES));
  for (const name of parameters) if (SPECIAL.test(name)) return undefined;
  if (!usesOnly(parameters, expression)) return undefined;
  return { ...PLAIN, text, isArrow: arrow !== null };
}

function usesOnly(parameters: ReadonlySet<string>, expression: string): boolean {
  const rest = expression
    .replace(STRINGS, '0')
    .replace(MEMBERS, ' ')
    .replace(NUMBERS, ' ')
    .replace(COMPARISONS, ' ');
  const isKnown = (name: string) => parameters.has(name) || CONSTANTS.has(name);
  return (rest.match(NAMES) ?? []).every(isKnown) && OPERATORS.test(rest.replace(NAMES, ' '));
}

function withoutSingle(match: RegExpExecArray | null): readonly (string | undefined)[] {
  return match === null ? [] : [match[0], match[1], '', match[2]];
}

const PLAIN: Omit<FunctionSource, 'text' | 'isArrow'> = {
  form: 'expression',
  isClass: false,
  names: [],
  eager: 0,
  written: [],
  typeofOnly: new Set(),
  givenThis: new Set(),
  surroundings: [],
  usesThis: false,
  importMeta: undefined,
  importsDynamically: false,
  strictByItself: false,
  sloppyOnly: false,
  hasPrivateMembers: false,
  superclass: undefined,
  staticFields: new Set(),
};
