// Asynchronous callbacks: a run counts until its promise settles.
import test from 'ava';
import { BackgroundWorkerPool, type WorkerOptions } from '../src/index.ts';
import { headlines, poolOnManualClock, recordLog } from './fixtures/pool-on-manual-clock.ts';
import { Settling } from './fixtures/settling.ts';

/** Resolves after `ms` on the pool's clock. */
function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    BackgroundWorkerPool.newActor(() => resolve(), { delay: ms / 1000 }).start();
  });
}

for (const [what, options, starts] of [
  ['the grid skips what passed', {}, [0, 300, 400]],
  ['an interval counts from the end', { runOnTime: false }, [0, 350, 450]],
  ['missed slots are caught up', { runPastEvents: true }, [0, 250, 250]],
] as const) {
  test.serial(`with a run of 250 ms, ${what}`, async (t) => {
    const clock = poolOnManualClock(t);
    const seen: number[] = [];
    const callback = async (): Promise<void> => {
      if (seen.push(clock.now()) === 1) await wait(250);
    };
    BackgroundWorkerPool.newWorker(0.1, callback, { ...options, maxCount: 3 }).start();
    await clock.advanceAsync(1000);
    t.deepEqual(seen, [...starts]);
  });
}

test.serial('executing until the promise settles', async (t) => {
  const clock = poolOnManualClock(t);
  const run = new Settling();
  const worker = BackgroundWorkerPool.newWorker(0.1, () => run.promise).start();
  await clock.advanceAsync(0);
  t.true(worker.executing);
  t.is(worker.nextRunTime, undefined);
  run.resolve();
  await clock.advanceAsync(0);
  t.false(worker.executing);
  t.not(worker.nextRunTime, undefined);
});

test.serial('a worker never overlaps itself', async (t) => {
  const clock = poolOnManualClock(t);
  let executing = 0;
  let most = 0;
  const callback = async (): Promise<void> => {
    most = Math.max(most, ++executing);
    await wait(170);
    executing--;
  };
  const worker = BackgroundWorkerPool.newWorker(0.1, callback, { runPastEvents: true }).start();
  await clock.advanceAsync(2000);
  t.is(most, 1);
  t.is(worker.numberOfRuns, 12);
});

for (const [value, running] of [
  [false, false],
  [0, true],
  [undefined, true],
  [null, true],
] as const) {
  test.serial(`a promise of ${value} ${running ? 'goes on' : 'stops the worker'}`, async (t) => {
    const clock = poolOnManualClock(t);
    const worker = BackgroundWorkerPool.newWorker(1, () => Promise.resolve(value)).start();
    await clock.advanceAsync(10);
    t.is(worker.running, running);
  });
}

test.serial('a rejection is an error of the run, and the worker goes on', async (t) => {
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  const fails = async (): Promise<never> => {
    throw new Error('nope');
  };
  const options = { name: 'w', maxCount: 2 };
  const worker = BackgroundWorkerPool.newWorker(0.1, fails, options).start();
  await clock.advanceAsync(1000);
  t.is(worker.numberOfRuns, 2);
  const errors = headlines(log).filter(([level]) => level === 'ERROR');
  const line = 'Worker "w" exception during callback fails: nope';
  t.deepEqual(errors, [
    ['ERROR', line],
    ['ERROR', line],
  ]);
});

test.serial('anything with a then is awaited', async (t) => {
  const clock = poolOnManualClock(t);
  // biome-ignore lint/suspicious/noThenProperty: that is what is tested
  const thenable = { then: (resolve: (value: boolean) => void) => resolve(false) };
  const worker = BackgroundWorkerPool.newWorker(1, () => thenable).start();
  await clock.advanceAsync(0);
  t.false(worker.running);
});

test.serial('a thenable that settles twice ends its run once', async (t) => {
  const clock = poolOnManualClock(t);
  // biome-ignore lint/suspicious/noThenProperty: that is what is tested
  const thenable = { then: (resolve: () => void) => [resolve(), resolve()] };
  const starts: number[] = [];
  const callback = (): unknown => {
    starts.push(clock.now());
    return thenable;
  };
  const options: WorkerOptions<undefined> = { runOnTime: false, maxCount: 3 };
  BackgroundWorkerPool.newWorker(0.1, callback, options).start();
  await clock.advanceAsync(1000);
  t.deepEqual(starts, [0, 100, 200]);
});

test.serial('a then that throws is an error of the run', async (t) => {
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  const hostile = Object.defineProperty({}, 'then', {
    get() {
      throw new Error('no then for you');
    },
  });
  const worker = BackgroundWorkerPool.newWorker(0.1, () => hostile, { maxCount: 2 }).start();
  await clock.advanceAsync(1000);
  t.is(worker.numberOfRuns, 2);
  t.is(log.filter(([level]) => level === 'ERROR').length, 2);
});

test.serial('an asynchronous actor is running until its promise settles', async (t) => {
  const clock = poolOnManualClock(t);
  const run = new Settling();
  const actor = BackgroundWorkerPool.newActor(() => run.promise).start();
  await clock.advanceAsync(0);
  t.true(actor.running);
  run.resolve();
  await clock.advanceAsync(0);
  t.false(actor.running);
  t.false(BackgroundWorkerPool.backgroundWorkers.has(actor.id));
});
