/** The scripts that functions came from, and where in them a function stands. */
import { pathToFileURL } from 'node:url';
import type { SourcePlace } from './carried-payload.ts';
import { type Closure, type Script, scriptOf } from './closure-values.ts';
import { shownName } from './function-source.ts';
import { ScriptBindings } from './script-bindings.ts';
import type { AnyFunction } from './thread-task.ts';

/** A script, and what was found out about it. */
export interface KnownScript {
  readonly script: Script;
  /** Its URL, with something to resolve from where the script has none. */
  readonly url: string;
  readonly bindings: ScriptBindings | undefined;
  readonly lineStarts: readonly number[];
}

const scripts = new Map<string, KnownScript | undefined>();
/** Sources are held as long as their script is known; a program has few that send functions. */
const KNOWN_SCRIPTS_MAX = 64;

/** The script with this id, described at its first use; `undefined` when V8 has dropped it. */
export function knownScript(scriptId: string | undefined): KnownScript | undefined {
  if (scriptId === undefined) return undefined;
  if (!scripts.has(scriptId)) {
    const script = scriptOf(scriptId);
    if (scripts.size >= KNOWN_SCRIPTS_MAX) scripts.delete(scripts.keys().next().value as string);
    scripts.set(scriptId, script && describeScript(script));
  }
  return scripts.get(scriptId);
}

/**
 * Offset of the function's text. V8 gives the place of the parameters, which lie within the text,
 * so the text is the last occurrence that starts before them.
 */
export function textOffset(
  { script, lineStarts }: KnownScript,
  fn: AnyFunction,
  location: Closure['location'],
): number | undefined {
  if (location === undefined) return undefined;
  const line = location.lineNumber - script.startLine;
  const column = location.columnNumber - (line === 0 ? script.startColumn : 0);
  const text = Function.prototype.toString.call(fn);
  const offset = script.source.lastIndexOf(text, (lineStarts[line] ?? 0) + column);
  return offset < 0 ? undefined : offset;
}

/** Where the text of a function stands, as stacks show it. */
export function placeOf(
  fn: AnyFunction,
  known: KnownScript | undefined,
  { location }: Closure,
  offset: number | undefined,
): SourcePlace {
  if (known === undefined || offset === undefined || location === undefined) {
    return { ...unknownPlace(fn), line: location?.lineNumber ?? 0 };
  }
  const { script, lineStarts } = known;
  let line = location.lineNumber - script.startLine;
  while (line > 0 && (lineStarts[line] ?? 0) > offset) line--;
  const column = offset - (lineStarts[line] ?? 0) + (line === 0 ? script.startColumn : 0);
  return { file: script.url, line: line + script.startLine, column };
}

/** The place of a function that was not looked up: lines count from its own first. */
export function unknownPlace(fn: AnyFunction): SourcePlace {
  return { file: `carried:${shownName(fn).replaceAll(' ', '-')}`, line: 0, column: 0 };
}

function describeScript(script: Script): KnownScript {
  const isFile = /^(file|node|data|https?):/.test(script.url);
  return {
    script,
    url: isFile ? script.url : pathToFileURL(script.url || '[eval]').href,
    // Code of Node itself is refused before anybody asks what its variables are.
    bindings: script.url.startsWith('node:')
      ? undefined
      : ScriptBindings.of(script.source, script.isModule),
    lineStarts: [0, ...lineEnds(script.source)],
  };
}

/** Offsets behind the line terminators of the language. */
function* lineEnds(source: string): Iterable<number> {
  for (const { index, 0: end } of source.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) {
    yield index + end.length;
  }
}
