// Puts the modules behind the public entries and the thread's entry into few files: a program that
// imports backbeat, and each native thread, then opens three or four files and not a hundred.
// Runs after tsc, whose output it overwrites; the command line stays as tsc wrote it.
//   node scripts/bundle.mjs
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { COMMAND_ENTRIES, PUBLIC_ENTRIES, THREAD_ENTRIES } from './packaging/bundle-entries.mjs';
import { bundleThread } from './packaging/thread-bundle.mjs';
import { ROOT } from './toolchain.mjs';

const ENTRIES = [...PUBLIC_ENTRIES, ...THREAD_ENTRIES, ...COMMAND_ENTRIES];
/** Modules inside that tests look at, so that they see the instances that programs use. */
const WATCHED = ['native.ts', 'lane/lane-client.ts', 'channel/channel-hub.ts'];
const DIST = join(ROOT, 'dist');

const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: [...ENTRIES, ...WATCHED].map((entry) => join('src', entry)),
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

const written = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
for (const name of readdirSync(DIST)) {
  if (/^chunk-.*\.js$/.test(name) && !written.has(name)) rmSync(join(DIST, name));
}

await bundleThread();
