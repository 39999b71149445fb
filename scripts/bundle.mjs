// Makes dist/, which is what the package ships: the modules behind the public entries and the threads'
// entries in few files, so that a program that imports backbeat, and each native thread, opens three
// or four and not a hundred; the types that the entries lead to; the command line as tsc wrote it.
// Runs after tsc, whose output is in build/.
//   node scripts/bundle.mjs
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './toolchain.mjs';

const PUBLIC_ENTRIES = [
  'index.ts',
  'scheduler.ts',
  'timers/index.ts',
  'timers/promises.ts',
  'timers/register.ts',
];
const THREAD_ENTRIES = [
  'lane/lane-thread.ts',
  'fan-out/range-driver.ts',
  'generator/producer.ts',
  'ordered/consume-driver.ts',
];
/** Modules inside that tests look at, so that they see the instances that programs use. */
const WATCHED = ['native.ts', 'lane/lane-client.ts', 'channel/channel-hub.ts'];
const BUILD = join(ROOT, 'build');
const DIST = join(ROOT, 'dist');

const shipped = new Set([
  ...(await bundleModules()),
  ...copied(typesBehind(PUBLIC_ENTRIES)),
  ...copied(filesBelow(join(BUILD, 'cli')).filter((path) => path.endsWith('.js'))),
]);
// After the writing, not before, so that a program running from dist/ meanwhile finds its modules.
for (const path of filesBelow(DIST)) if (!shipped.has(path)) rmSync(path);

async function bundleModules() {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [...PUBLIC_ENTRIES, ...THREAD_ENTRIES, ...WATCHED].map((path) =>
      join('src', path),
    ),
    outdir: 'dist',
    outbase: 'src',
    bundle: true,
    // One instance of each class, whatever entries a program imports.
    splitting: true,
    chunkNames: 'chunk-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.outputs).map((path) => join(ROOT, normalize(path)));
}

/** The declarations of these sources, and all that they import. */
function typesBehind(sources) {
  const found = new Set();
  const visit = (path) => {
    // What lies outside is the generated binding's, beside the package's root already.
    if (found.has(path) || relative(BUILD, path).startsWith('..')) return;
    found.add(path);
    const imported = readFileSync(path, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g);
    for (const [, specifier] of imported) {
      visit(join(dirname(path), specifier.replace(/\.[jt]s$/, '.d.ts')));
    }
  };
  for (const source of sources) visit(join(BUILD, source.replace(/\.ts$/, '.d.ts')));
  return [...found];
}

function copied(paths) {
  return paths.map((path) => {
    const target = join(DIST, relative(BUILD, path));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
    return target;
  });
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}
