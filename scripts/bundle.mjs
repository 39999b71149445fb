// Puts the modules behind the public entries and the thread's entry into few files: a program that
// imports backbeat, and each native thread, then opens a few files and not a hundred.
// Runs after tsc, whose output it overwrites; the command line stays as tsc wrote it, and imports the
// public entries.
//   node scripts/bundle.mjs
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PUBLIC_ENTRIES, THREAD_ENTRIES } from './packaging/bundle-entries.mjs';
import { writeMerged } from './packaging/merged-chunks.mjs';
import { bundleThread } from './packaging/thread-bundle.mjs';
import { ROOT } from './toolchain.mjs';

/** For tests; no published file imports it. */
const WATCHED = 'watched.ts';
const DIST = join(ROOT, 'dist');
const inSources = (entries) => entries.map((entry) => join('src', entry));
const options = {
  absWorkingDir: ROOT,
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
  logLevel: 'warning',
};

const result = await build({
  ...options,
  entryPoints: inSources([...PUBLIC_ENTRIES, ...THREAD_ENTRIES, WATCHED]),
  metafile: true,
  write: false,
});
const written = await writeMerged(result, options, 'dist/index.js');

for (const name of readdirSync(DIST)) {
  if (/^chunk-.*\.js$/.test(name) && !written.includes(name)) rmSync(join(DIST, name));
}

await bundleThread();
