// Whether a Rust compiler can build for a target: it has a standard library for it, or can build one.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { run } from '../toolchain.mjs';

/**
 * @param triple of the target, as Rust names it
 * @param {object} options
 * @param options.isBuiltAlong true: the standard library is built with the program
 * @returns undefined, or what is missing and how to get it
 */
export function standardLibraryProblem(triple, { isBuiltAlong }) {
  const printed = ask(triple, isBuiltAlong ? 'sysroot' : 'target-libdir');
  if (printed === undefined) return `this Rust compiler does not know ${triple}`;
  if (!isBuiltAlong) {
    if (existsSync(printed)) return undefined;
    return (
      `Rust's standard library for ${triple} is not installed here.\n` +
      `Install it: rustup target add ${triple}; or build it along: --build-std`
    );
  }
  if (existsSync(join(printed, 'lib/rustlib/src/rust/library/Cargo.lock'))) return undefined;
  return (
    'the sources of the standard library are not installed here.\n' +
    'Install them: rustup component add rust-src (Debian: the package rust-src of that compiler)'
  );
}

function ask(triple, what) {
  const compiler = process.env.RUSTC ?? 'rustc';
  const { code, output } = run([compiler, '--print', what, '--target', triple]);
  return code === 0 ? output.trim() : undefined;
}
