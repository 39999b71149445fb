// Runs every test of the project and prints one summary; the last line is `N passed, N failed`.
//   npm test [-- rust | loom | ava [further arguments for AVA]]
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { runAvaTests } from './ava-tests.mjs';
import { runLines, rustVersion } from './toolchain.mjs';

const PARTS = { rust: testRust, loom: testLoom, ava: testAva };
const [chosen, ...forwarded] = process.argv.slice(2);

if (chosen !== undefined && !(chosen in PARTS)) {
  console.error(`No such part: ${chosen}. The parts are ${Object.keys(PARTS).join(', ')}.`);
  process.exit(2);
}

const results = [];
for (const part of chosen === undefined ? Object.keys(PARTS) : [chosen]) {
  const started = performance.now();
  console.log(`\n${part}`);
  const result = await PARTS[part]();
  results.push({ part, ...result, seconds: (performance.now() - started) / 1000 });
}
report();

/** Unit, property, integration and documentation tests of the crates. */
function testRust() {
  return runCargo(['test', '--workspace', '--locked'], {});
}

/**
 * The models: the same crate built with `--cfg loom`, in a target directory of its own so that the
 * two builds do not evict each other. Optimised, because a model runs thousands of interleavings;
 * with debug assertions, because they are what the models look for.
 */
function testLoom() {
  return runCargo(
    ['test', '-p', 'backbeat-core', '--release', '--locked', '--lib', '--tests', 'loom_'],
    {
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
      CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true',
      CARGO_PROFILE_RELEASE_LTO: 'off',
      CARGO_TARGET_DIR: 'target/loom',
      LOOM_MAX_PREEMPTIONS: process.env.LOOM_MAX_PREEMPTIONS ?? '2',
      RUSTFLAGS: '--cfg loom',
    },
  );
}

async function runCargo(args, env) {
  if (rustVersion() === undefined) {
    console.log('  SKIPPED: cargo is not installed, so the tests of the crates cannot be built');
    // Asked for by name, it must not look like success.
    return { passed: 0, failed: chosen === undefined ? 0 : 1, skipped: 1 };
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const { code, errorOutput } = await runLines(
    ['cargo', ...args],
    (text) => {
      const line = stripVTControlCharacters(text);
      const summary = /^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/.exec(line);
      if (summary) {
        counts.passed += Number(summary[1]);
        counts.failed += Number(summary[2]);
        counts.skipped += Number(summary[3]);
      } else if (line.trim() !== '' && !/^running \d+ tests?$/.test(line)) {
        console.log(`  ${line}`);
      }
    },
    { env },
  );
  return withCrashes(counts, code, errorOutput);
}

async function testAva() {
  const { code, errorOutput, ...counts } = await runAvaTests(forwarded);
  return withCrashes(counts, code, errorOutput);
}

// A compiler error, a crash or a time-out ends a run without a failed test; it counts as one.
// So does a part in which nothing ran: a filter that matches nothing must not look like success.
function withCrashes(counts, code, errorOutput) {
  if (code !== 0) {
    console.log(errorOutput.trimEnd());
    if (counts.failed === 0) return { ...counts, failed: 1 };
  }
  if (counts.passed + counts.failed === 0) {
    console.log('  no test ran');
    return { ...counts, failed: 1 };
  }
  return counts;
}

function report() {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log('');
  for (const { part, passed, failed, skipped, seconds } of results) {
    const skips = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(
      `${part.padEnd(5)} ${passed} passed, ${failed} failed${skips} (${seconds.toFixed(1)} s)`,
    );
  }
  const named = (key) => results.flatMap((result) => result[key] ?? []);
  for (const title of named('unsteady')) console.log(`UNSTEADY, passed when run again: ${title}`);
  for (const title of named('failures')) console.log(`FAILED: ${title}`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
}
