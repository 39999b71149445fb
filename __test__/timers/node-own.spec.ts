// Node's own timers tests, with its timers replaced by ours. Neither they nor the program that runs
// them are part of this repository: they run when both are given.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The program, beside the checkout unless it is named. */
const runner =
  process.env.BACKBEAT_NODE_TESTS_RUNNER ??
  fileURLToPath(new URL('../../../shared/node-timers/run.mjs', import.meta.url));
/** The folder `test` of Node's sources, of the version that runs or near it. */
const tests =
  process.env.BACKBEAT_NODE_TESTS ??
  fileURLToPath(new URL('../../../shared/node-timers/test', import.meta.url));
const isGiven = existsSync(runner) && existsSync(tests);
/** How tests are started differs: by our own registration, and by replacing what is imported. */
const MODES: Readonly<Record<string, string[]>> = {
  'the entry points in the place of the modules': [],
  'backbeat/register': [
    ...['--mode', 'install', '--install', './register#isRegistered'],
    ...['--only', 'test-timers*'],
  ],
};
// A test of Node's that is not for this version fails with Node's timers as well and is not counted.
const flags = process.versions.node.startsWith('26.') ? ['--node-arg=--no-webstorage'] : [];

for (const [mode, options] of Object.entries(MODES)) {
  const run = isGiven ? test : test.skip;
  const why = isGiven ? '' : ' (skipped: BACKBEAT_NODE_TESTS names no folder)';
  run(`Node's own timers tests pass with ${mode}${why}`, async (t) => {
    t.timeout(300_000);
    const args = [runner, tests, '--with', ROOT, '--retry', '2', '--min-share', '100'];
    const child = spawn(process.execPath, [...args, ...flags, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    const output = await text(child.stdout);
    t.log(output.trim().split('\n').at(-1));
    t.deepEqual(output.match(/^ {2}FAILS.*$/gm) ?? [], []);
    t.is(await ended, 0);
    t.regex(output, /^PASS with the replacement: [1-9]\d+ of/m);
  });
}
