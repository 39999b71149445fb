// Streams of random length, bound, kind of value, end and reader, in a process of their own: nothing is
// lost, doubled or out of order, an early leave ends the producer, an error comes behind its items.
// `node scripts/soak-channel.mjs` does the same with ten million items. `BACKBEAT_TEST_SEED` repeats a run.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);
const ITEMS = 150_000;

test.before((t) => t.log(`seed ${SEED}`));

test.serial('every item comes once and in its place', async (t) => {
  const { code, signal, stdout, stderr } = await runFixture('channel-streams.mjs', [SEED, ITEMS]);
  t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  const { problems, ends, received } = JSON.parse(stdout);
  t.deepEqual({ problems, ends }, { problems: [], ends: 0 });
  t.true(received >= ITEMS);
});
