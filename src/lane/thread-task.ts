import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidArgumentError } from '../errors.ts';

/** A function of any shape. */
// biome-ignore lint/suspicious/noExplicitAny: parameters of a function type are contravariant
export type AnyFunction = (...values: any[]) => any;

/** An exported function, named by its module: imported once per thread. Made by {@link task}. */
export class ThreadTask<F extends AnyFunction = AnyFunction> {
  /** URL of the module. */
  readonly url: string;
  /** Name of the exported function. */
  readonly exportName: string;
  /** Type only: what the export is called with and returns. */
  declare readonly signature?: F;

  /** @internal */
  constructor(url: string, exportName: string) {
    this.url = url;
    this.exportName = exportName;
    Object.freeze(this);
  }
}

/**
 * Names an exported function for a thread. Nothing is imported here; the module is imported once
 * per thread, with all of its own imports, so nothing is captured and nothing copied.
 *
 * @param url - The module: `import.meta.url`, `new URL('./work.js', import.meta.url)`, another
 *   `file:` URL or an absolute path.
 * @param exportName - Which export, `default` when left out.
 * @throws {@link InvalidArgumentError} for any other URL (`http:`, `data:`, relative paths) and for
 *   an empty name.
 *
 * @example
 * ```ts
 * import { task } from 'backbeat';
 * export const square = (n: number): number => n * n;
 * const squareOnThread = task<typeof square>(import.meta.url, 'square');
 * ```
 */
export function task<F extends AnyFunction = AnyFunction>(
  url: string | URL,
  exportName = 'default',
): ThreadTask<F> {
  if (typeof exportName !== 'string' || exportName === '') {
    throw new InvalidArgumentError('exportName', exportName, 'the name of an export');
  }
  return new ThreadTask<F>(moduleUrl(url), exportName);
}

function moduleUrl(url: string | URL): string {
  if (url instanceof URL && url.protocol === 'file:') return url.href;
  if (typeof url === 'string') {
    if (isAbsolute(url)) return pathToFileURL(url).href;
    if (/^file:/i.test(url) && URL.canParse(url)) return new URL(url).href;
  }
  throw new InvalidArgumentError(
    'url',
    url instanceof URL ? url.href : url,
    "a file: URL or an absolute path, as in new URL('./work.js', import.meta.url)",
  );
}
