// Threads and isolates ended at random while jobs run: every job ends once, with its result or with a
// named error. `BACKBEAT_TEST_SEED` repeats a run.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);
const NEVER = { wrong: [], doubled: 0, unstarted: 0, underWay: 0 };

test.before((t) => t.log(`seed ${SEED}`));

test.serial('10,000 jobs while their threads are ended', async (t) => {
  const args = [SEED, 10_000, 'threads', 40];
  const { stdout, ...end } = await runFixture('jobs-chaos.mjs', args);
  t.like(end, { code: 0, signal: null, stderr: '' });
  const found = JSON.parse(stdout);
  t.log(stdout);
  t.like(found, { jobs: 10_000, ...NEVER });
  t.is(found.done + found.lost + found.failed, 10_000);
  t.true(found.kills >= 10, `only ${found.kills} threads were ended`);
});

test.serial('3,000 jobs of the main isolate while others that submit are ended', async (t) => {
  const args = [SEED, 3000, 'isolates', 30];
  const { stdout, ...end } = await runFixture('jobs-chaos.mjs', args);
  t.like(end, { code: 0, signal: null, stderr: '' });
  const found = JSON.parse(stdout);
  t.log(stdout);
  t.like(found, { jobs: 3000, ...NEVER });
  t.true(found.kills >= 3, `only ${found.kills} isolates were ended`);
});
