// Makes a fresh clone runnable, and does nothing when nothing changed.
// Three steps, each skipped while the hash of what it reads equals the stamp of its last success:
// npm packages, native binary (index.js and index.d.ts with it), TypeScript.
//   node scripts/setup.mjs [--force]     --force builds the binary and the TypeScript again
import { existsSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import process from 'node:process';
import { provideBinary } from './native-binary.mjs';
import { filesBelow, hashOf, stampOf, step, writeStamp } from './setup-steps.mjs';
import { installedTool, npm, ROOT, run, stop } from './toolchain.mjs';

/** The project, and the older compilers that its types are tried with. */
const PACKAGE_FOLDERS = ['.', 'docs'];
const force = process.argv.includes('--force');

process.chdir(ROOT);
requireNode();
installPackages();
provideBinary({ force });
compileTypeScript();

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24;
  if (supported) return;
  stop(
    `backbeat needs Node ^20.19, ^22.13 or >=24; this is ${process.version} (${process.execPath}).`,
  );
}

function installPackages() {
  const inputs = hashOf(PACKAGE_FOLDERS.map((folder) => join(folder, 'package-lock.json')));
  if (stampOf('packages') === inputs) return;
  const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  for (const folder of PACKAGE_FOLDERS) {
    step(`packages: npm ci in ${folder}`, () => run([...npm(), ...install, '--prefix', folder]));
  }
  writeStamp('packages', inputs);
}

function compileTypeScript() {
  const sources = [
    ...['src', 'scripts/bundle.mjs'],
    ...['bundle-entries', 'part-files', 'part-owners'].map(
      (name) => `scripts/packaging/${name}.mjs`,
    ),
    ...['tsconfig.json', 'index.d.ts', 'package-lock.json'],
  ];
  const inputs = hashOf(sources);
  if (!force && stampOf('typescript') === inputs && existsSync('dist')) return;
  step('typescript: tsc', () => run([...installedTool('typescript', 'bin/tsc')]));
  step('bundles: esbuild', () => run([process.execPath, 'scripts/bundle.mjs']));
  removeOrphans('dist');
  writeStamp('typescript', inputs);
}

// tsc leaves the output of deleted sources behind. Removed after the build, not before, so that a
// program running from dist/ meanwhile keeps finding its modules.
function removeOrphans(directory) {
  for (const path of filesBelow(directory)) {
    if (/^chunk-.*\.js$|\.cjs$/.test(basename(path))) continue;
    const source = join('src', relative('dist', path)).replace(/(\.d\.ts|\.js)$/, '.ts');
    if (!existsSync(source)) rmSync(path);
  }
}
