// Isolates that hold an end of a channel end at random moments, in a process of their own: no
// signal, no hang, nothing out of order. `BACKBEAT_TEST_SEED` repeats a run.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);
/** Each in a process with a seed of its own: at most so long that a busy machine is no hang. */
const PROCESSES = 10;
const ROUNDS = 10;

test.before((t) => t.log(`seed ${SEED}`));

for (let part = 0; part < PROCESSES; part++) {
  test.serial(
    `whoever survives gets an error of its own, and no end is left: ${part}`,
    async (t) => {
      const args = [SEED + part, ROUNDS];
      const { code, signal, stdout, stderr } = await runFixture('channel-kills.mjs', args);
      t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
      const { problems, left } = JSON.parse(stdout);
      t.deepEqual({ problems, left }, { problems: [], left: 0 });
    },
  );
}
