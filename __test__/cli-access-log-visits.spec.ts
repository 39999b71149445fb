import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { readAccessLog } from '../src/cli/replay/access-log.ts';
import { replay } from '../src/cli/replay/replay.ts';

const LOG = fileURLToPath(new URL('../../shared/data/access.log', import.meta.url));
const SILENT = { stage: () => {}, update: () => {}, end: () => {} };
const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Counted from the log itself, by its gaps. */
const VISITS: readonly [idleMs: number, visits: number][] = [
  [SECOND, 8001],
  [10 * SECOND, 4649],
  [30 * SECOND, 3258],
  [HOUR / 2, 3052],
  [HOUR, 2563],
  [2 * HOUR, 2308],
  [6 * HOUR, 2072],
  [24 * HOUR, 1849],
];

// The log is not part of the package; where it is missing there is nothing to count.
const testOnLog = existsSync(LOG) ? test : test.skip;

for (const [idleMs, visits] of VISITS) {
  testOnLog(`a real log has ${visits} visits at ${idleMs / SECOND} s of idle time`, async (t) => {
    const options = { idleMs, speed: 1, copies: 1, virtual: true };
    const { figures } = await replay(await readAccessLog(LOG), options, SILENT);
    t.like(figures, { requests: 10_000, clients: 1753, visits, lost: 0, doubled: 0, early: 0 });
  });
}

testOnLog('a real log has the same visits in real time', async (t) => {
  const options = { idleMs: 6 * HOUR, speed: 200_000, copies: 1, virtual: false };
  const { figures } = await replay(await readAccessLog(LOG), options, SILENT);
  t.like(figures, { visits: 2072, lost: 0, doubled: 0, early: 0 });
});

testOnLog('a loop that is seconds late counts the same visits', async (t) => {
  const options = { idleMs: HOUR / 2, speed: 1_000_000, copies: 20, virtual: false };
  const { figures, overtaken } = await replay(await readAccessLog(LOG), options, SILENT);
  t.true(overtaken > 0, 'the loop was late');
  t.like(figures, { requests: 200_000, visits: 20 * 3052, lost: 0, doubled: 0, early: 0 });
});
