// Provides the native binary: builds it, or takes one that was built elsewhere.
// BACKBEAT_BINARY names a binary of this version, or a folder that holds one; then nothing is built.
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { hashOf, stampOf, step, writeStamp } from './setup-steps.mjs';
import { atLeast, installedTool, ROOT, run, rustVersion, stop } from './toolchain.mjs';

const MINIMUM_RUST = '1.88';
const BINARY = /^backbeat\.[\w-]+\.node$/;

/** Ends with a binary that loads, or ends the process saying what to install. */
export function provideBinary({ force = false } = {}) {
  const given = process.env.BACKBEAT_BINARY;
  if (given) return takeBinary(resolve(process.env.INIT_CWD ?? '.', given));
  if (!force && stampOf('binary') === binaryState()) return;
  const rust = rustVersion();
  if (rust === undefined || !atLeast(rust, MINIMUM_RUST)) return useExistingBinary(rust);
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
  const binaries = readdirSync(ROOT).filter((name) => BINARY.test(name));
  const results = binaries.map((name) => {
    const { size, mtimeMs } = statSync(join(ROOT, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  const sources = ['crates', 'Cargo.toml', 'Cargo.lock', 'index.js', 'index.d.ts'];
  // What the generated loader is made from.
  const { version, napi } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const loader = JSON.stringify({ version, napi });
  return [hashOf(sources), loader, process.platform, process.arch, ...results].join(' ');
}

/** Copies the given binary to where the loader finds it. */
function takeBinary(given) {
  const found = binariesAt(given);
  if (found.length === 0) stop(`BACKBEAT_BINARY: there is no backbeat.<platform>.node at ${given}`);
  for (const path of found) {
    const place = join(ROOT, basename(path));
    if (path !== place && !isSameFile(path, place)) copyFileSync(path, place);
  }
  const loading = loadBinary();
  if (loading.code !== 0) stop(`BACKBEAT_BINARY: none of ${given} does:\n${loading.output}`);
  console.log(`binary: the one of BACKBEAT_BINARY, ${given}`);
}

function binariesAt(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  const names = stats.isDirectory() ? readdirSync(path, { recursive: true }) : [''];
  return names.map((name) => join(path, name)).filter((file) => BINARY.test(basename(file)));
}

function isSameFile(path, other) {
  return existsSync(other) && readFileSync(path).equals(readFileSync(other));
}

function useExistingBinary(rust) {
  const loading = existsSync(join(ROOT, 'index.js')) ? loadBinary() : { code: 1, output: '' };
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
      'Or take a binary that was built elsewhere: BACKBEAT_BINARY=<file or folder>, see README.',
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
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const source = `
    const { coreVersion } = await import('./index.js');
    if (coreVersion() === '${version}') process.exit(0);
    console.log('it is of version ' + coreVersion() + ', the sources are of ${version}');
    process.exit(1);
  `;
  return run([process.execPath, '--input-type=module', '--eval', source]);
}
