// Threads, and isolates that own workers on threads, end at random moments.
// `BACKBEAT_TEST_SEED` repeats a run.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);

test.before((t) => t.log(`seed ${SEED}`));

test.serial(
  'threads end in the middle of runs: each is an error, and all workers go on',
  async (t) => {
    const { code, signal, stdout, stderr } = await runFixture('thread-workers-chaos.mjs', [
      SEED,
      24,
      4000,
    ]);
    t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    const findings = JSON.parse(stdout);
    t.like(findings, { doubled: 0, other: [], idle: 0, ends: 24, left: 0 });
    t.is(findings.started, findings.runs);
    t.true(findings.lost > 10, `only ${findings.lost} runs were lost`);
  },
);

test.serial('isolates that own workers end at random: theirs stop, others go on', async (t) => {
  const { code, signal, stdout, stderr } = await runFixture('thread-workers-owners.mjs', [
    SEED,
    20,
  ]);
  t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  const findings = JSON.parse(stdout);
  t.like(findings, { ended: 20, goOn: 0, errors: [], ownMissing: 0 });
  t.true(findings.ownRuns > 10);
});
