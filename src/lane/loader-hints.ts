/**
 * Module loaders that a program was started with and that a new thread does not have.
 *
 * Node hands `--import` and `--require` of the command line on to threads unless they are given
 * arguments of their own, and hooks of tsx are not in force there in every version. So the sending
 * side says that it runs under tsx, and the thread registers it again, once.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** URLs of the two parts of tsx: for `import` and for `require`. */
interface TsxHints {
  readonly esm: string;
  readonly cjs: string;
}

let found: { readonly hints: TsxHints | undefined } | undefined;
let applying: Promise<void> | undefined;
let isApplied = false;

/** What `applyLoaderHints` needs on a thread; `undefined` when there is no loader. Plain data. */
export function loaderHints(): unknown {
  found ??= { hints: findTsx() };
  return found.hints;
}

/**
 * Registers the loaders on this thread. Costs nothing without hints; a promise only where something
 * is registered, to be awaited before the first `revive`.
 */
export function applyLoaderHints(hints: unknown): void | Promise<void> {
  if (hints === undefined || isApplied) return;
  applying ??= registerTsx(hints as TsxHints).then(() => {
    isApplied = true;
  });
  return applying;
}

/** As a package name, or as a path into the package, which is how its own command line names it. */
const TSX = /(?:^|[\s=/\\])tsx(?:$|[\s/\\])/;

function findTsx(): TsxHints | undefined {
  const { execArgv, env, argv } = process;
  const settings = [...execArgv, env.NODE_OPTIONS ?? ''];
  if (!settings.some((setting) => TSX.test(setting))) return undefined;
  for (const from of [...pathsOf(settings), argv[1], join(process.cwd(), 'index.js')]) {
    if (from === undefined) continue;
    try {
      // `require` resolves to the form for `require`; the one for `import` lies beside it.
      const esm = createRequire(from)
        .resolve('tsx/esm/api')
        .replace(/\.cjs$/, '.mjs');
      const cjs = createRequire(from)
        .resolve('tsx/cjs/api')
        .replace(/\.cjs$/, '.mjs');
      return { esm: pathToFileURL(esm).href, cjs: pathToFileURL(cjs).href };
    } catch {
      // Not installed beside this one; the next place may have it.
    }
  }
  return undefined;
}

/** Files of tsx that the settings name: the package can be resolved from itself. */
function pathsOf(settings: readonly string[]): string[] {
  return settings.flatMap((setting) =>
    setting
      .split(/\s+/)
      .map((word) => word.replace(/^--(?:import|require|loader)=/, ''))
      .filter((word) => /^(?:file:|\/|[a-z]:[\\/])/i.test(word) && TSX.test(word)),
  );
}

async function registerTsx({ esm, cjs }: TsxHints): Promise<void> {
  const [forImport, forRequire] = await Promise.all([import(esm), import(cjs)]);
  forRequire.register();
  forImport.register();
}
