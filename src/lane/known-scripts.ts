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

export function knownScript(scriptId: string | undefined): KnownScript | undefined {
  if (scriptId === undefined) return undefined;
  if (!scripts.has(scriptId)) {
    const script = scriptOf(scriptId);
    if (scripts.size >= KNOWN_SCRIPTS_MAX) scripts.delete(scripts.keys().next().value as string);
    scripts.set(scriptId, script && describeScript(script));
  }
  return scripts.get(scriptId);
}

function describeScript(script: Script): KnownScript {
  const lineStarts = [0];
  for (let at = script.source.indexOf('\n'); at >= 0; at = script.source.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1);
  }
  const isFile = /^(file|node|data|https?):/.test(script.url);
  return {
    script,
    url: isFile ? script.url : pathToFileURL(script.url || '[eval]').href,
    // Code of Node itself is refused before anybody asks what its variables are.
    bindings: script.url.startsWith('node:')
      ? undefined
      : ScriptBindings.of(script.source, script.isModule),
    lineStarts,
  };
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
  const at = (lineStarts[location.lineNumber] ?? 0) + location.columnNumber;
  const offset = script.source.lastIndexOf(Function.prototype.toString.call(fn), at);
  return offset < 0 ? undefined : offset;
}

export function placeOf(
  fn: AnyFunction,
  script: KnownScript | undefined,
  { location }: Closure,
  offset: number | undefined,
): SourcePlace {
  if (script === undefined || offset === undefined) {
    return { ...unknownPlace(fn), line: location?.lineNumber ?? 0 };
  }
  const { lineStarts } = script;
  let line = location?.lineNumber ?? 0;
  while (line > 0 && (lineStarts[line] ?? 0) > offset) line--;
  return { file: script.url, line, column: offset - (lineStarts[line] ?? 0) };
}

export function unknownPlace(fn: AnyFunction): SourcePlace {
  return { file: `carried:${shownName(fn).replaceAll(' ', '-')}`, line: 0, column: 0 };
}
