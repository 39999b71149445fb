// Puts the modules behind the public entries and those of native threads into few files: a program that
// imports backbeat, and each native thread, then opens a few files and not a hundred, and what most
// programs never use is not read at all.
// Runs after tsc, whose output it overwrites; the command line stays as tsc wrote it, and imports the
// public entries.
//   node scripts/bundle.mjs
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PARTS, PUBLIC_ENTRIES } from './packaging/bundle-entries.mjs';
import { writeParts } from './packaging/part-files.mjs';
import { readOwners } from './packaging/part-owners.mjs';
import { ROOT } from './toolchain.mjs';

const DIST = join(ROOT, 'dist');
/** For tests; no published file loads it. */
const WATCHED = { name: 'watched', onDemand: true, roots: ['watched.ts'] };

for (const name of readdirSync(DIST)) {
  if (/^chunk-.*\.js$|\.cjs$/.test(name)) rmSync(join(DIST, name));
}
const parts = [...PARTS, WATCHED];
await writeParts(await readOwners(parts), [...PUBLIC_ENTRIES, ...WATCHED.roots]);
