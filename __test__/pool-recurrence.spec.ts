// When runs take place: the grid, intervals after the end, missed slots, catching up.
import test from 'ava';
import fc from 'fast-check';
import { BackgroundWorkerPool, type WorkerOptions } from '../src/index.ts';
import { poolOnManualClock } from './fixtures/pool-on-manual-clock.ts';

type Options = WorkerOptions<undefined>;

/** Starts in milliseconds of a worker at 100 ms whose runs take `busyMs` each. */
function startsOf(
  clock: { now(): number; elapse(ms: number): void; advance(ms: number): void },
  options: Options,
  busyMs: readonly number[] = [],
  totalMs = 1000,
): number[] {
  const beginMs = clock.now();
  const starts: number[] = [];
  const callback = (): void => {
    const run = starts.push(clock.now() - beginMs) - 1;
    clock.elapse(busyMs[run] ?? 0);
  };
  const worker = BackgroundWorkerPool.newWorker(0.1, callback, options).start();
  clock.advance(totalMs);
  worker.stop();
  return starts.map((ms) => Number(ms.toFixed(6)));
}

test.serial('a grid does not drift in ten thousand runs', (t) => {
  const clock = poolOnManualClock(t);
  const starts = startsOf(clock, { maxCount: 10_000 }, [], 1_000_000);
  t.is(starts.length, 10_000);
  t.is(starts.at(-1), 999_900);
});

test.serial('an interval that is no whole number of nanoseconds keeps its grid', (t) => {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  BackgroundWorkerPool.newWorker(1 / 3, () => starts.push(clock.now()), { maxCount: 301 }).start();
  clock.advance(101_000);
  t.true(Math.abs((starts.at(-1) as number) - 100_000) < 0.001);
});

test.serial('a run that ends exactly on a slot skips that slot: strictly later', (t) => {
  t.deepEqual(startsOf(poolOnManualClock(t), { maxCount: 3 }, [100]), [0, 200, 300]);
});

test.serial('a run that ends just before a slot keeps it', (t) => {
  t.deepEqual(startsOf(poolOnManualClock(t), { maxCount: 3 }, [99.999]), [0, 100, 200]);
});

test.serial('catching up runs the missed slots back to back, then the grid resumes', (t) => {
  const options = { maxCount: 5, runPastEvents: true };
  t.deepEqual(startsOf(poolOnManualClock(t), options, [250]), [0, 250, 250, 300, 400]);
});

test.serial('runPastEvents changes nothing without runOnTime', (t) => {
  const options = { maxCount: 3, runOnTime: false };
  const clock = poolOnManualClock(t);
  const plain = startsOf(clock, options, [250, 30]);
  t.deepEqual(startsOf(clock, { ...options, runPastEvents: true }, [250, 30]), plain);
  t.deepEqual(plain, [0, 350, 480]);
});

test.serial('startWithDelay waits one interval, whatever the recurrence', (t) => {
  const clock = poolOnManualClock(t);
  const first = [{}, { runOnTime: false }, { runPastEvents: true }].map(
    (options) => startsOf(clock, { ...options, startWithDelay: true, maxCount: 1 })[0],
  );
  t.deepEqual(first, [100, 100, 100]);
});

test.serial('a busy loop lets a grid skip what passed meanwhile', (t) => {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  BackgroundWorkerPool.newWorker(0.1, () => starts.push(clock.now())).start();
  clock.advance(100);
  clock.elapse(350);
  clock.advance(200);
  t.deepEqual(starts, [0, 100, 450, 500, 600]);
});

test.serial('workers do not wait for the slow run of another', (t) => {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  BackgroundWorkerPool.newWorker(0.1, () => new Promise(() => {})).start();
  BackgroundWorkerPool.newWorker(0.1, () => starts.push(clock.now()), { maxCount: 3 }).start();
  clock.advance(1000);
  t.deepEqual(starts, [0, 100, 200]);
});

test.serial('any busy times: starts as the rules say', (t) => {
  const clock = poolOnManualClock(t);
  const busy = fc.array(fc.integer({ min: 0, max: 450 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(busy, fc.boolean(), fc.boolean(), (busyMs, runOnTime, runPastEvents) => {
      const options = { runOnTime, runPastEvents, maxCount: busyMs.length };
      const expected = expectedStarts(busyMs, runOnTime, runPastEvents);
      t.deepEqual(startsOf(clock, options, busyMs, 10_000), expected);
    }),
    { numRuns: 200 },
  );
});

/** The rules of recurrence, written down once more and plainly. */
function expectedStarts(busyMs: number[], runOnTime: boolean, runPastEvents: boolean): number[] {
  let slot = 0;
  let start = 0;
  return busyMs.map((busy) => {
    const now = start;
    const end = start + busy;
    if (!runOnTime) start = end + 100;
    else if (runPastEvents) {
      slot += 100;
      start = Math.max(end, slot);
    } else {
      slot = Math.max(slot + 100, (Math.floor(end / 100) + 1) * 100);
      start = slot;
    }
    return now;
  });
}
