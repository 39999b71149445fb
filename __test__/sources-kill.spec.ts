// Workers that receive from native sources are terminated at random moments, in a process of their
// own: no signal, and none stays in its wait. `BACKBEAT_TEST_SEED` repeats a run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);
const ROUNDS = 40;
/** A wait inside of the core ends every 100 ms; a thread that cannot be terminated never ends. */
const HANG_MS = 10_000;
const TREE = fileURLToPath(new URL('../src', import.meta.url));

test.before((t) => t.log(`seed ${SEED}`));

const withPipes = process.platform === 'win32' ? test.skip : test.serial;

withPipes('workers that wait for a native source can be terminated', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'backbeat-pipe-'));
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const args = [SEED, ROUNDS, TREE, pipe];
  const { code, signal, stdout, stderr } = await runFixture('source-kills.mjs', args);
  rmSync(directory, { recursive: true });
  t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  t.true(JSON.parse(stdout).slowestMs < HANG_MS);
});
