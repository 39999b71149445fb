// The finished callback: once, after the last run, before the worker leaves the pool.
import test from 'ava';
import { type BackgroundWorker, BackgroundWorkerPool } from '../src/index.ts';
import { headlines, poolOnManualClock, recordLog } from './fixtures/pool-on-manual-clock.ts';
import { Settling } from './fixtures/settling.ts';

type Worker = BackgroundWorker<undefined>;

test.serial('gets what the callback gets', (t) => {
  const clock = poolOnManualClock(t);
  const seen: unknown[] = [];
  const options = { data: 'd', finished: (...args: unknown[]) => void seen.push(...args) };
  const actor = BackgroundWorkerPool.newActor<string>(() => {}, options).start(1, 2);
  clock.advance(0);
  t.deepEqual(seen, ['d', actor, 1, 2]);
});

for (const [what, end] of [
  ['false', (_worker: Worker) => false],
  ['stop inside the run', (worker: Worker) => void worker.stop()],
  ['stop from outside', (worker: Worker) => void queueMicrotask(() => worker.stop())],
] as const) {
  test.serial(`called once when ended by ${what}`, async (t) => {
    const clock = poolOnManualClock(t);
    let calls = 0;
    const callback = (_data: undefined, worker: Worker): unknown => end(worker);
    BackgroundWorkerPool.newWorker(1, callback, { finished: () => calls++ }).start();
    await clock.advanceAsync(5000);
    t.is(calls, 1);
  });
}

test.serial('called when stopped before the first run', (t) => {
  poolOnManualClock(t);
  let calls = 0;
  const options = { startWithDelay: true, finished: () => calls++ };
  BackgroundWorkerPool.newWorker(1, () => {}, options)
    .start()
    .stop();
  t.is(calls, 1);
});

test.serial('not called for a worker that never ran nor started', (t) => {
  poolOnManualClock(t);
  BackgroundWorkerPool.newWorker(1, () => {}, { finished: () => t.fail() }).stop();
  t.pass();
});

test.serial('called at the end of each start', (t) => {
  const clock = poolOnManualClock(t);
  let calls = 0;
  const options = { dispose: false, finished: () => calls++ };
  const actor = BackgroundWorkerPool.newActor(() => {}, options);
  for (let start = 0; start < 3; start++) {
    actor.start();
    clock.advance(1);
  }
  t.is(calls, 3);
});

test.serial('stopped during an asynchronous run: called when that ends', async (t) => {
  const clock = poolOnManualClock(t);
  const run = new Settling();
  const events: string[] = [];
  const options = { finished: () => events.push('finished') };
  const worker = BackgroundWorkerPool.newWorker(1, () => run.promise, options).start();
  await clock.advanceAsync(0);
  worker.stop();
  events.push('stopped');
  run.resolve();
  await clock.advanceAsync(0);
  t.deepEqual(events, ['stopped', 'finished']);
});

for (const options of [{}, { runOnTime: false }, { runPastEvents: true }]) {
  test.serial(`may start the worker again: ${JSON.stringify(options)}`, (t) => {
    const clock = poolOnManualClock(t);
    const starts: number[] = [];
    let restarts = 0;
    const callback = (_data: undefined, worker: Worker): void => {
      if (starts.push(clock.now()) === 1) worker.stop();
    };
    const finished = (_data: undefined, worker: Worker): void => {
      if (restarts++ === 0) worker.start();
    };
    BackgroundWorkerPool.newWorker(1, callback, { ...options, finished }).start();
    clock.advance(2500);
    t.deepEqual(starts, [0, 0, 1000, 2000]);
    t.is(BackgroundWorkerPool.findWorkers(undefined, true).length, 1);
  });
}

test.serial('may stop a worker that was started again in its run', (t) => {
  const clock = poolOnManualClock(t);
  let runs = 0;
  const callback = (_data: undefined, worker: Worker): void => {
    runs++;
    worker.stop().start();
  };
  const finished = (_data: undefined, worker: Worker): void => void worker.stop();
  const worker = BackgroundWorkerPool.newWorker(1, callback, { finished }).start();
  clock.advance(5000);
  t.is(runs, 1);
  t.false(worker.running);
});

for (const [what, finished] of [
  [
    'throws',
    function last(): never {
      throw new Error('bad end');
    },
  ],
  [
    'rejects',
    async function last(): Promise<never> {
      throw new Error('bad end');
    },
  ],
] as const) {
  test.serial(`one that ${what} is logged; the worker leaves the pool all the same`, async (t) => {
    const clock = poolOnManualClock(t);
    const log = recordLog(t);
    const actor = BackgroundWorkerPool.newActor(() => {}, { name: 'a', finished }).start();
    await clock.advanceAsync(0);
    const errors = headlines(log).filter(([level]) => level === 'ERROR');
    t.deepEqual(errors, [['ERROR', 'Worker "a" exception during finished callback: bad end']]);
    t.false(BackgroundWorkerPool.backgroundWorkers.has(actor.id));
  });
}
