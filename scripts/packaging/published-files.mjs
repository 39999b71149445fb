// Which files of `dist` are published: those that a public entry, a command or a native thread
// reaches by its imports, and no other.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../toolchain.mjs';
import { PARTS } from './bundle-entries.mjs';

/** `from './x.js'`, `import './x.js'`, `import('./x.js')`, and the same with what tsc writes in types. */
const IMPORT = /(?:\bfrom|\bimport|\bimport\(|[rR]equire\w*\()\s*['"](\.[^'"]+)['"]/g;

/**
 * @param manifest of the package, with `exports` and `bin`
 * @returns paths from the root, sorted; a file that is imported but missing is an error
 */
export function publishedFiles(manifest) {
  const entries = [
    ...Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    ),
    ...Object.values(manifest.bin),
    ...PARTS.map(({ name }) => `dist/${name}.cjs`),
    ...commandModules(manifest),
  ];
  const found = new Set();
  const open = entries.map((entry) => join('.', entry));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path) || path === 'package.json') continue;
    found.add(path);
    open.push(...importsOf(path));
  }
  return [...found].sort();
}

/** The command starts some of its modules by URL; all of them go along. */
function commandModules(manifest) {
  return Object.values(manifest.bin)
    .map((path) => dirname(join('.', path)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true })
        .filter((name) => name.endsWith('.js'))
        .map((name) => join(folder, name)),
    );
}

function importsOf(path) {
  if (!existsSync(join(ROOT, path))) throw new Error(`${path} is to be published, but is missing`);
  // The generated loader names what it may find, on every platform.
  if (path === 'index.js') return [];
  // Long lines are broken, also inside strings.
  const source = readFileSync(join(ROOT, path), 'utf8').replaceAll('\\\n', '');
  const isTypes = path.endsWith('.d.ts');
  return [...source.matchAll(IMPORT)]
    .map(([, specifier]) => join(dirname(path), specifier))
    .map((target) => (isTypes ? target.replace(/\.[jt]s$/, '.d.ts') : target));
}
