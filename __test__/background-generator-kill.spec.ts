// Threads of generators and isolates of their consumers end at random moments, in a process of their
// own: no signal, no hang, nothing out of order, no thread left. `BACKBEAT_TEST_SEED` repeats a run.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);
/** Each in a process with a seed of its own: at most so long that a busy machine is no hang. */
const PROCESSES = 10;
const ROUNDS = 10;
/** The sources, not the bundle: its inner modules cannot be looked into. */
const SOURCES = { nodeArgs: ['--import=tsx'] };
/** Node's own threads, those of the core, and the main one. */
const MOST_TASKS = 24;

test.before((t) => t.log(`seed ${SEED}`));

for (let part = 0; part < PROCESSES; part++) {
  test.serial(
    `whoever survives gets an error of its own, and nothing is left: ${part}`,
    async (t) => {
      const { code, signal, stdout, stderr } = await runFixture(
        'generator-kills.mjs',
        [SEED + part, ROUNDS],
        SOURCES,
      );
      t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
      const { problems, left, tasks } = JSON.parse(stdout);
      t.deepEqual({ problems, left }, { problems: [], left: { jobs: 0, threads: 0, ends: 0 } });
      t.true(tasks <= MOST_TASKS, `${tasks} threads in the process`);
    },
  );
}
