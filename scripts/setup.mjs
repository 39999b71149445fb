// Makes a fresh clone runnable, and does nothing when nothing changed.
// Three steps, each skipped while the hash of what it reads equals the stamp of its last success:
// npm packages, native binary (index.js and index.d.ts with it), TypeScript.
//   node scripts/setup.mjs [--force]     --force builds the binary and the TypeScript again
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import process from 'node:process';
import { atLeast, installedTool, npm, ROOT, run, rustVersion, stop } from './toolchain.mjs';

const MINIMUM_RUST = '1.88';
const STAMPS = join(ROOT, 'node_modules', '.backbeat');
const force = process.argv.includes('--force');

process.chdir(ROOT);
requireNode();
installPackages();
buildBinary();
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
  const inputs = hashOf(['package-lock.json']);
  if (stampOf('packages') === inputs) return;
  step('packages: npm ci', () => {
    const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    return run([...npm(), ...install]);
  });
  writeStamp('packages', inputs);
}

function buildBinary() {
  if (!force && stampOf('binary') === binaryState()) return;
  const rust = rustVersion();
  if (rust === undefined || !atLeast(rust, MINIMUM_RUST)) {
    useExistingBinary(rust);
    return;
  }
  requireLinker();
  step('binary: cargo release build (about a minute the first time)', () =>
    run([
      ...installedTool('@napi-rs/cli', 'dist/cli.js'),
      'build',
      ...['--platform', '--release', '--esm'],
      ...['--manifest-path', 'crates/node/Cargo.toml', '--package', 'backbeat-node'],
      ...['--output-dir', '.', '--js', 'index.js', '--dts', 'index.d.ts'],
    ]),
  );
  const loading = loadBinary();
  if (loading.code !== 0) stop(`The binary was built but does not load:\n${loading.output}`);
  writeStamp('binary', binaryState());
}

// Sources and results together, so that a binary deleted or a generated file edited is built again.
function binaryState() {
  const binaries = readdirSync('.').filter((name) => /^backbeat\..+\.node$/.test(name));
  const results = binaries.map(
    (name) => `${name} ${statSync(name).size} ${statSync(name).mtimeMs}`,
  );
  const sources = ['crates', 'Cargo.toml', 'Cargo.lock', 'package.json', 'index.js', 'index.d.ts'];
  return `${hashOf(sources)} ${process.platform}-${process.arch} ${results.join(' ')}`;
}

function useExistingBinary(rust) {
  const loading = existsSync('index.js') ? loadBinary() : { code: 1, output: '' };
  const found = rust === undefined ? 'there is no cargo' : `this is Rust ${rust}`;
  if (loading.code === 0) {
    console.log(
      `binary: ${found}; using the prebuilt one that is here (it may be older than crates/)`,
    );
    return;
  }
  stop(
    [
      `The native part has to be built, which needs Rust >= ${MINIMUM_RUST}; ${found}.`,
      'Install:',
      '  1. Rust by rustup: https://rustup.rs, then open a new shell (or `rustup update stable`)',
      `  2. ${linkerAdvice()}`,
      'Then run the same command again.',
    ].join('\n'),
  );
}

function requireLinker() {
  if (process.platform === 'win32') return; // rustc finds the Visual Studio linker by itself
  if (run(['cc', '--version']).code === 0) return;
  stop(`The native part has to be linked, and there is no \`cc\`. Install ${linkerAdvice()}`);
}

function linkerAdvice() {
  if (process.platform === 'win32') return 'the "Desktop development with C++" Visual Studio tools';
  if (process.platform === 'darwin') return 'a C linker: xcode-select --install';
  return 'a C linker: gcc or clang (Debian: apt install build-essential; Alpine: apk add build-base)';
}

// In a process of its own: a broken binary may end the process that loads it.
function loadBinary() {
  return run([process.execPath, '--input-type=module', '--eval', "await import('./index.js')"]);
}

function compileTypeScript() {
  const sources = [
    ...['src', 'scripts/bundle.mjs', 'scripts/packaging/bundle-entries.mjs'],
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
    if (/^chunk-.*\.js$/.test(basename(path))) continue;
    const source = join('src', relative('dist', path)).replace(/(\.d\.ts|\.js)$/, '.ts');
    if (!existsSync(source)) rmSync(path);
  }
}

function step(label, work) {
  const started = Date.now();
  console.log(label);
  const { code, output } = work();
  if (code !== 0) stop(`${output}\nset-up failed at: ${label}`);
  console.log(`  done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesBelow)) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (!stats.isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name !== 'target' && name !== 'proptest-regressions')
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

function stampOf(name) {
  const path = join(STAMPS, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function writeStamp(name, value) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, name), value);
}
