// Compiles and lints the crates, tests among them, for every platform that a binary is published for,
// without linking: what only Windows or macOS compiles is seen on any machine.
//   npm run check-platforms [-- --all]
// Needs clippy and the standard library of each target (`rustup target add`). A target without one is
// named and left out; with --all it counts as failed.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { standardLibraryProblem } from './packaging/standard-library.mjs';
import { targets } from './packaging/targets.mjs';
import { run, rustVersion, stop } from './toolchain.mjs';

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
if (rustVersion() === undefined) stop('this needs Rust (rustup)');

const missing = [];
let failed = 0;
for (const { triple } of targets) {
  if (standardLibraryProblem(triple, { isBuiltAlong: false }) !== undefined) missing.push(triple);
  else lint(triple);
}
if (missing.length > 0) {
  console.log(`not checked, no standard library here: rustup target add ${missing.join(' ')}`);
}
process.exitCode = failed > 0 || (values.all && missing.length > 0) ? 1 : 0;

function lint(triple) {
  const flags = ['--workspace', '--all-targets', '--locked', '--target', triple];
  const { code, output } = run(['cargo', 'clippy', ...flags, '--', '-D', 'warnings']);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${triple}`);
  if (code === 0) return;
  failed += 1;
  console.log(output.trimEnd());
}
