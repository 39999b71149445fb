// Building for another platform: with which compiler, and what is said when it lacks the standard
// library of the target. The compilers here are scripts that answer what a real one would.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = 'lib/rustlib/src/rust/library';
const onUnix = process.platform === 'win32' ? test.skip : test;

/** A compiler of our own. Gone at the end of the block. */
class Toolchain {
  readonly sysroot: string = mkdtempSync(join(tmpdir(), 'backbeat toolchain '));

  constructor({ version = '1.96.0', knowsTargets = true } = {}) {
    this.#writeProgram('cargo', `echo "cargo ${version}"`);
    const answers = `
      case "$1 $2" in
        "--version ") echo "rustc ${version} (0000000 2026-01-01)" ;;
        "--print sysroot") echo "$(dirname "$0")" ;;
        "--print target-libdir") echo "$(dirname "$0")/lib/rustlib/$4/lib" ;;
      esac`;
    this.#writeProgram('rustc', knowsTargets ? answers : `[ "$1" = --version ] &&${answers}`);
  }

  /** Puts an empty folder or file there. */
  provide(folder: string, file?: string): void {
    mkdirSync(join(this.sysroot, folder), { recursive: true });
    if (file !== undefined) writeFileSync(join(this.sysroot, folder, file), '');
  }

  get environment(): NodeJS.ProcessEnv {
    const { RUSTC_BOOTSTRAP: _, ...inherited } = process.env;
    return {
      ...inherited,
      CARGO: join(this.sysroot, 'cargo'),
      RUSTC: join(this.sysroot, 'rustc'),
    };
  }

  /** What the script says when it is run with this compiler. */
  build(...args: string[]): { status: number | null; said: string } {
    return run(['scripts/build-platform.mjs', ...args], this.environment);
  }

  /** What is missing for a target; an empty text for nothing. */
  problemFor(triple: string, isBuiltAlong: boolean): string {
    const source = `
      const { standardLibraryProblem } = await import('./scripts/packaging/standard-library.mjs');
      const options = { isBuiltAlong: ${isBuiltAlong} };
      console.log(standardLibraryProblem('${triple}', options) ?? '');
    `;
    return run(['--input-type=module', '--eval', source], this.environment).said.trim();
  }

  [Symbol.dispose](): void {
    rmSync(this.sysroot, { recursive: true });
  }

  #writeProgram(name: string, script: string): void {
    const path = join(this.sysroot, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }
}

function run(args: string[], env: NodeJS.ProcessEnv): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env,
  });
  return { status, said: stdout + stderr };
}

onUnix('the compiler of RUSTC is the one that is asked', (t) => {
  using toolchain = new Toolchain({ version: '1.87.9' });
  const { status, said } = toolchain.build('linux-x64-musl');
  t.is(status, 1);
  t.regex(said, /this needs Rust >= 1\.88/);
});

onUnix('no standard library for the target: it says both ways to get it', (t) => {
  using toolchain = new Toolchain();
  const { status, said } = toolchain.build('linux-arm64-musl');
  t.is(status, 1);
  t.regex(said, /standard library for aarch64-unknown-linux-musl is not installed here/);
  t.regex(said, /rustup target add aarch64-unknown-linux-musl; or build it along: --build-std/);
});

onUnix('--build-std without the sources: it says what to install', (t) => {
  using toolchain = new Toolchain();
  const { status, said } = toolchain.build('linux-arm64-musl', '--build-std');
  t.is(status, 1);
  t.regex(said, /the sources of the standard library are not installed here/);
  t.regex(said, /rustup component add rust-src/);
});

onUnix('a standard library for another target does not do', (t) => {
  using toolchain = new Toolchain();
  toolchain.provide('lib/rustlib/aarch64-unknown-linux-gnu/lib');
  t.is(toolchain.problemFor('aarch64-unknown-linux-gnu', false), '');
  t.regex(toolchain.problemFor('aarch64-unknown-linux-musl', false), /is not installed here/);
});

onUnix('the sources do for every target, when it is built along', (t) => {
  using toolchain = new Toolchain();
  toolchain.provide(SOURCES, 'Cargo.lock');
  t.is(toolchain.problemFor('aarch64-unknown-linux-musl', true), '');
  t.regex(toolchain.problemFor('aarch64-unknown-linux-musl', false), /is not installed here/);
});

onUnix('a target that the compiler does not know', (t) => {
  using toolchain = new Toolchain({ knowsTargets: false });
  for (const isBuiltAlong of [false, true]) {
    const problem = toolchain.problemFor('aarch64-unknown-linux-gnu', isBuiltAlong);
    t.is(problem, 'this Rust compiler does not know aarch64-unknown-linux-gnu');
  }
});

test('without a target, or with one that is not published', (t) => {
  const { status, said } = run(['scripts/build-platform.mjs'], process.env);
  t.is(status, 1);
  t.regex(said, /^usage: .*TARGET/);
  const other = run(['scripts/build-platform.mjs', 'plan9-x64'], process.env);
  t.is(other.status, 1);
  t.regex(other.said, /no target plan9-x64; there are\n {2}x86_64-unknown-linux-gnu/);
});
