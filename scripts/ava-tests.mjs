// Runs the TypeScript tests and reads them as TAP: each result is a line, whatever the reporter looks
// like. Some tests are on the real clock, and a machine that stands still for a moment can fail one
// of them; so a few failed files of that kind, and of no other, run once more, alone. A test that passes
// only then is named as unsteady at the end of the run: it counts as passed and is a defect all the same.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedTool, ROOT, runLines } from './toolchain.mjs';

/** More files than this failing at once are no moment of the machine; nothing is run again. */
const FILES_RUN_AGAIN_AT_MOST = 3;

const TESTS = '__test__';
/** What a file of tests uses for the pool on the real clock; elsewhere a failure now and then is a race. */
const REAL_CLOCK = /\b(?:poolInRealTime|replayInRealTime)\(/;

/**
 * All tests, or those that `forwarded`, further arguments of AVA, choose; only all are run again.
 * @param {(args: string[]) => Promise<object>} run one run of AVA with these arguments
 * @returns {Promise<{ passed: number, failed: number, skipped: number, failures: string[],
 *   unsteady: string[], code: number, errorOutput: string }>}
 */
export async function runAvaTests(forwarded, run = runOnce) {
  const first = await run(forwarded);
  if (forwarded.length > 0 || first.failed === 0) return first;
  const files = filesOfTitles(first.failures, testFiles());
  if (files === undefined || files.length > FILES_RUN_AGAIN_AT_MOST) return first;
  if (!files.every(isOnRealClock)) return first;
  console.log(`\nava, again: ${files.join(', ')}`);
  const second = await run(files);
  return second.code === 0 && second.passed > 0 ? bothRuns(first, second) : first;
}

// What the two runs say together, when the second had no failure.
function bothRuns(first, second) {
  const { failures: unsteady, passed, failed } = first;
  return { ...second, passed: passed + failed, skipped: first.skipped, unsteady };
}

/**
 * The files that tests of these titles are in, or undefined when one of them cannot be told: AVA puts
 * the path of the file before the title, with ` › ` between its parts, when it runs several.
 */
function filesOfTitles(titles, files) {
  const byPrefix = new Map(files.map((file) => [titlePrefix(file), file]));
  const found = new Set();
  for (const title of titles) {
    const parts = title.split(' › ');
    const lengths = [...parts.keys()].reverse();
    const length = lengths.find((count) => byPrefix.has(parts.slice(0, count).join(' › ')));
    if (!length) return undefined;
    found.add(byPrefix.get(parts.slice(0, length).join(' › ')));
  }
  return [...found];
}

function titlePrefix(file) {
  return file.slice(TESTS.length + 1, -'.spec.ts'.length).replaceAll('/', ' › ');
}

function isOnRealClock(file) {
  return REAL_CLOCK.test(readFileSync(join(ROOT, file), 'utf8'));
}

function testFiles() {
  return readdirSync(join(ROOT, TESTS), { recursive: true })
    .filter((path) => path.endsWith('.spec.ts'))
    .map((path) => `${TESTS}/${path.replaceAll('\\', '/')}`);
}

async function runOnce(args) {
  const result = { passed: 0, failed: 0, skipped: 0, failures: [], unsteady: [] };
  const pause = new LongestPause();
  const { code, errorOutput } = await runLines(
    [...installedTool('ava', 'entrypoints/cli.mjs'), '--tap', ...args],
    (line) => {
      const test = resultOfLine(line);
      if (test === undefined) {
        if (!/^(TAP version|1\.\.\d|# |$)/.test(line)) console.log(`  ${line}`);
        return;
      }
      pause.note(test.title);
      result[test.outcome] += 1;
      if (test.outcome === 'failed') result.failures.push(test.title);
      console.log(
        `  ${test.outcome === 'passed' ? 'ok' : test.outcome.toUpperCase()}  ${test.title}`,
      );
    },
    { env: { FORCE_COLOR: '0' } },
  );
  if (code !== 0 && result.failed === 0) console.log(pause.said());
  return { ...result, code, errorOutput };
}

/** A file that does not end after its tests makes a run fail, and AVA does not say which it was. */
class LongestPause {
  #lastTitle = 'the start';
  #lastMs = performance.now();
  #after = '';
  #ms = 0;

  note(title) {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs > this.#ms) {
      this.#ms = nowMs - this.#lastMs;
      this.#after = this.#lastTitle;
    }
    this.#lastMs = nowMs;
    this.#lastTitle = title;
  }

  said() {
    this.note('');
    const seconds = (this.#ms / 1000).toFixed(0);
    return `  no test failed, and AVA did: the longest pause, ${seconds} s, came after ${this.#after}`;
  }
}

// A directive (skipped, expected to fail later) follows the title as ` # WORD`.
function resultOfLine(line) {
  const [, not, title, directive] = /^(not )?ok \d+ - (.*?)( # [A-Z]+)?$/.exec(line) ?? [];
  if (title === undefined) return undefined;
  return { title, outcome: directive ? 'skipped' : not ? 'failed' : 'passed' };
}
