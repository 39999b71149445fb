// Isolates that end by themselves, or with the isolate that started them.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);
const ISOLATES = 8;
const NOTHING_LOST = {
  lost: 0,
  doubled: 0,
  left: { pending: 0, queued: 0, hasThread: false },
};

test.before((t) => t.log(`seed ${SEED}`));

for (const [scenario, title, end] of [
  ['unref', 'an isolate ends at once when nothing pending holds it', { code: 0 }],
  ['ref', 'an isolate ends after its last actor that holds it', { code: 0, message: 1000 }],
  ['exit', 'process.exit in a callback ends the isolate alone', { code: 7 }],
  [
    'throw',
    'an uncaught error in a callback ends the isolate alone',
    { code: 1, error: 'RangeError: from a callback' },
  ],
] as const) {
  test.serial(title, async (t) => {
    const { code, signal, stdout, stderr } = await runEndings(scenario);
    t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    const { ends, ...rest } = JSON.parse(stdout);
    t.deepEqual(ends, Array(ISOLATES).fill(end));
    t.deepEqual(rest, NOTHING_LOST);
  });
}

for (const [scenario, title] of [
  ['nested', 'isolates end with the isolates that they started'],
  ['overlapping', 'twenty isolates end while twenty start'],
] as const) {
  test.serial(title, async (t) => {
    const { code, signal, stdout, stderr } = await runEndings(scenario);
    t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    t.deepEqual(JSON.parse(stdout), NOTHING_LOST);
  });
}

test.serial('process.exit in a callback of the main isolate ends all, with its code', async (t) => {
  for (let run = 0; run < 8; run++) {
    const { code, signal, stderr } = await runEndings('mainExits', SEED + run);
    t.deepEqual({ code, signal, stderr }, { code: 23, signal: null, stderr: '' });
  }
});

function runEndings(scenario: string, seed = SEED) {
  return runFixture('isolates-endings.mjs', [scenario, seed]);
}
