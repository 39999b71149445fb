// Builds the binary that is published for one target, and looks whether it may be.
//   node scripts/build-platform.mjs TARGET [--out FOLDER] [--build-std]
// TARGET as in `napi.targets`, or linux-x64-gnu. Linux targets are linked by zig, against glibc 2.17 or
// musl, on any Linux; others need their own system. zig comes from PyPI, into target/build-tools.
// The first cargo and rustc on the PATH build, or those of CARGO and RUSTC. --build-std is for a
// compiler that has no standard library for the target: it is built along, from the compiler's sources.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { GLIBC_FLOOR, inspectBinary } from './packaging/binary-problems.mjs';
import { standardLibraryProblem } from './packaging/standard-library.mjs';
import { findTarget, manifest } from './packaging/targets.mjs';
import { atLeast, installedTool, ROOT, run, rustVersion, stop } from './toolchain.mjs';

const LINKER_PACKAGES = ['ziglang==0.17.1', 'cargo-zigbuild==0.24.0'];
/** Rust's own floor for arm64; Intel Macs get the same, so that there is one number to tell. */
const MACOS_FLOOR = '11.0';
const TOOLS = join(ROOT, 'target', 'build-tools');
const PYTHON = join(TOOLS, 'python', 'bin', 'python');
/** What makes a stable cargo build the standard library for the target as well. */
const BUILD_STD = { RUSTC_BOOTSTRAP: '1', CARGO_UNSTABLE_BUILD_STD: 'std,panic_unwind' };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: join(ROOT, 'target', 'binaries') },
    'build-std': { type: 'boolean', default: false },
  },
});
if (positionals.length !== 1) {
  stop('usage: node scripts/build-platform.mjs TARGET [--out FOLDER] [--build-std]');
}
const target = findTarget(positionals[0]);
const out = resolve(values.out);

requireStandardLibrary();
const byZig = target.platform === 'linux';
if (byZig) fetchZig();
else if (target.platform !== process.platform) {
  stop(`${target.name} is built on ${target.platform}; this is ${process.platform}`);
}
const binary = build();
inspect(binary);
loadIfItRunsHere(binary);

function requireStandardLibrary() {
  const rust = rustVersion();
  if (rust === undefined || !atLeast(rust, '1.88')) stop('this needs Rust >= 1.88 (rustup)');
  const problem = standardLibraryProblem(target.triple, { isBuiltAlong: values['build-std'] });
  if (problem !== undefined) stop(problem);
}

function fetchZig() {
  if (process.platform !== 'linux') stop('Linux binaries are linked by zig on Linux');
  const stamp = join(TOOLS, 'installed.json');
  const wanted = JSON.stringify(LINKER_PACKAGES);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  mkdirSync(TOOLS, { recursive: true });
  step('a Python environment', ['python3', '-m', 'venv', join(TOOLS, 'python')]);
  step('zig', [PYTHON, '-m', 'pip', 'install', '--quiet', ...LINKER_PACKAGES]);
  writeFileSync(stamp, wanted);
}

function zigFolder() {
  if (!existsSync(PYTHON)) return undefined;
  const found = run([PYTHON, '-c', 'import ziglang; print(ziglang.__file__)']);
  return found.code === 0 ? dirname(found.output.trim()) : undefined;
}

function toolPath() {
  const folders = [dirname(PYTHON), zigFolder(), process.env.PATH];
  return { PATH: folders.filter(Boolean).join(delimiter) };
}

function build() {
  const folder = join(out, `${target.name}.tmp`);
  const floor = byZig && target.libc === 'glibc' ? `.${GLIBC_FLOOR}` : '';
  step(
    `cargo release build for ${target.triple}${floor}`,
    [
      ...installedTool('@napi-rs/cli', 'dist/cli.js'),
      ...['build', '--platform', '--release', '--no-js', ...(byZig ? ['--cross-compile'] : [])],
      ...['--target', `${target.triple}${floor}`],
      ...['--manifest-path', 'crates/node/Cargo.toml', '--package', 'backbeat-node'],
      ...['--output-dir', folder, '--', '--locked'],
    ],
    values['build-std'] ? BUILD_STD : {},
  );
  const built = join(out, target.binary);
  copyFileSync(join(folder, target.binary), built);
  rmSync(folder, { recursive: true });
  return built;
}

function inspect(path) {
  const { problems, facts } = inspectBinary(path, target);
  const needs = facts.glibc === undefined ? '' : `, asks for GLIBC_${facts.glibc}`;
  console.log(`${path}: ${(facts.bytes / 1e6).toFixed(2)} MB${needs}`);
  if (problems.length > 0) stop(problems.map((why) => `FAILED  ${why}`).join('\n'));
}

function loadIfItRunsHere(path) {
  const { glibcVersionRuntime } = process.report.getReport().header;
  const libc = glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  const isHost = target.platform === process.platform && target.arch === process.arch;
  if (!isHost || (target.libc !== undefined && target.libc !== libc)) {
    console.log('not loaded: this machine is another platform');
    return;
  }
  const source = 'console.log(require(process.argv[1]).coreVersion())';
  const { code, output } = run([process.execPath, '--eval', source, path]);
  if (code !== 0 || output.trim() !== manifest.version) stop(`it does not load: ${output}`);
  console.log(`loads, version ${output.trim()}`);
}

function step(label, command, settings = {}) {
  const started = Date.now();
  console.log(label);
  const env = { ...toolPath(), MACOSX_DEPLOYMENT_TARGET: MACOS_FLOOR, ...settings };
  const { code, output } = run(command, { env });
  if (code !== 0) stop(`${output}\nfailed at: ${label}`);
  console.log(`  done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
