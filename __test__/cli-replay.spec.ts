import test from 'ava';
import fc from 'fast-check';
import type { AccessLog } from '../src/cli/replay/access-log.ts';
import { idleDeadlineSeconds, replay } from '../src/cli/replay/replay.ts';

const SILENT = { stage: () => {}, update: () => {}, end: () => {} };

type Request = readonly [second: number, client: number];

function logOf(requests: readonly Request[]): AccessLog {
  const sorted = requests.toSorted(([one], [other]) => one - other);
  return {
    timesSeconds: Float64Array.from(sorted, ([second]) => 1_431_857_100 + second),
    clients: Uint32Array.from(sorted, ([, client]) => client),
    clientCount: Math.max(...sorted.map(([, client]) => client)) + 1,
    badLines: 0,
    badSamples: [],
  };
}

/** Visits by the definition: a gap longer than the idle time opens another one. */
function visitsByGaps({ timesSeconds, clients }: AccessLog, idleSeconds: number): number {
  const lastSeconds = new Map<number, number>();
  let visits = 0;
  for (const [row, client] of clients.entries()) {
    const second = timesSeconds[row] as number;
    const last = lastSeconds.get(client);
    if (last === undefined || second - last > idleSeconds) visits += 1;
    lastSeconds.set(client, second);
  }
  return visits;
}

const REQUESTS = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 5 })),
  { minLength: 1, maxLength: 120 },
);

test('the manual clock gives the visits that the gaps give', async (t) => {
  await fc.assert(
    fc.asyncProperty(REQUESTS, fc.integer({ min: 1, max: 60 }), async (requests, idleSeconds) => {
      const log = logOf(requests);
      const options = { idleMs: idleSeconds * 1000, speed: 1, copies: 1, virtual: true };
      const { figures } = await replay(log, options, SILENT);
      const { visits, lost, doubled, early } = figures;
      t.deepEqual(
        { visits, lost, doubled, early },
        { visits: visitsByGaps(log, idleSeconds), lost: 0, doubled: 0, early: 0 },
      );
    }),
    { numRuns: 60 },
  );
});

test('every copy of a log has its own clients and visits', async (t) => {
  const log = logOf([
    [0, 0],
    [3, 1],
    [40, 0],
  ]);
  const options = { idleMs: 10_000, speed: 1, copies: 7, virtual: true };
  const { figures } = await replay(log, options, SILENT);
  t.like(figures, { requests: 21, clients: 14, visits: 21, lost: 0, doubled: 0, early: 0 });
});

test('a fraction of a second in the idle time falls between the seconds of a log', async (t) => {
  const log = logOf([
    [0, 0],
    [2, 0],
  ]);
  const options = { idleMs: 1500, speed: 1, copies: 1, virtual: true };
  t.is((await replay(log, options, SILENT)).figures.visits, 2);
});

test('real time gives the same visits, even where the loop is later than the idle time', async (t) => {
  const log = logOf(Array.from({ length: 600 }, (_, row): Request => [row * 2, row % 3]));
  const options = { idleMs: 4000, speed: 20_000, copies: 1, virtual: false };
  const { figures } = await replay(log, options, SILENT);
  t.like(figures, { visits: visitsByGaps(log, 4), lost: 0, doubled: 0, early: 0 });
});

test('active clients are followed over log time', async (t) => {
  const log = logOf([
    [0, 0],
    [1, 1],
    [100, 0],
  ]);
  const options = { idleMs: 10_000, speed: 1, copies: 1, virtual: true };
  const run = await replay(log, options, SILENT);
  t.is(run.peakActive, 2);
  t.is(run.activity.active[Math.floor((50 / 110.5) * 480)], 0);
});

test('the time-out lies half a second behind the last second that belongs to the visit', (t) => {
  t.is(idleDeadlineSeconds(30_000), 30.5);
  t.is(idleDeadlineSeconds(1999), 1.5);
});
