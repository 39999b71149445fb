// AbortSignal stops a worker, and nothing of the worker stays on the signal.
import { getEventListeners } from 'node:events';
import test from 'ava';
import { BackgroundWorkerPool, InvalidArgumentError } from '../src/index.ts';
import { poolOnManualClock } from './fixtures/pool-on-manual-clock.ts';
import { Settling } from './fixtures/settling.ts';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test.serial('an aborted signal: making a worker throws its reason', (t) => {
  poolOnManualClock(t);
  const reason = new Error('changed my mind');
  const options = { signal: AbortSignal.abort(reason) };
  t.is(
    t.throws(() => BackgroundWorkerPool.newWorker(1, () => {}, options)),
    reason,
  );
  t.is(
    t.throws(() => BackgroundWorkerPool.newActor(() => {}, options)),
    reason,
  );
  t.is(BackgroundWorkerPool.backgroundWorkers.size, 0);
});

test.serial('aborted between making and start: start throws and starts nothing', (t) => {
  const clock = poolOnManualClock(t);
  const controller = new AbortController();
  const worker = BackgroundWorkerPool.newWorker(1, () => t.fail(), { signal: controller.signal });
  controller.abort();
  t.throws(() => worker.start(), { any: true, name: 'AbortError' });
  t.false(worker.running);
  t.is(listeners(controller.signal), 0);
  clock.advance(5000);
});

test.serial('aborted while a run is pending: stopped, finished, out of the pool', (t) => {
  const clock = poolOnManualClock(t);
  const controller = new AbortController();
  let finished = 0;
  const options = { signal: controller.signal, delay: 1, finished: () => finished++ };
  const actor = BackgroundWorkerPool.newActor(() => t.fail(), options).start();
  controller.abort();
  t.false(actor.running);
  t.is(finished, 1);
  t.is(BackgroundWorkerPool.backgroundWorkers.size, 0);
  clock.advance(5000);
});

test.serial('aborted inside a run: the run ends, no other follows', (t) => {
  const clock = poolOnManualClock(t);
  const controller = new AbortController();
  let runs = 0;
  const callback = (): void => {
    runs++;
    controller.abort();
  };
  const worker = BackgroundWorkerPool.newWorker(1, callback, { signal: controller.signal }).start();
  clock.advance(5000);
  t.is(runs, 1);
  t.false(worker.running);
});

test.serial('aborted during an asynchronous run: finished when that ends', async (t) => {
  const clock = poolOnManualClock(t);
  const controller = new AbortController();
  const run = new Settling();
  const events: string[] = [];
  const options = { signal: controller.signal, finished: () => events.push('finished') };
  const worker = BackgroundWorkerPool.newWorker(1, () => run.promise, options).start();
  await clock.advanceAsync(0);
  controller.abort();
  t.false(worker.running);
  t.true(worker.executing);
  t.deepEqual(events, []);
  run.resolve();
  await clock.advanceAsync(5000);
  t.deepEqual(events, ['finished']);
  t.is(worker.numberOfRuns, 1);
});

test.serial('aborted while paused: stopped', (t) => {
  poolOnManualClock(t);
  const controller = new AbortController();
  const { signal } = controller;
  const worker = BackgroundWorkerPool.newWorker(1, () => {}, { signal })
    .start()
    .pause();
  controller.abort();
  t.false(worker.running);
});

for (const [what, end] of [
  ['stopped', 'stop'],
  ['run to its end', 'run'],
  ['started twice and stopped', 'twice'],
] as const) {
  test.serial(`no listener stays behind when the worker has ${what}`, (t) => {
    const clock = poolOnManualClock(t);
    const { signal } = new AbortController();
    const actor = BackgroundWorkerPool.newActor(() => {}, { signal, delay: 1 }).start();
    t.is(listeners(signal), 1);
    if (end === 'twice') actor.start();
    if (end === 'run') clock.advance(2000);
    else actor.stop();
    t.is(listeners(signal), 0);
  });
}

test.serial('one signal stops many workers', (t) => {
  poolOnManualClock(t);
  const controller = new AbortController();
  const { signal } = controller;
  for (let at = 0; at < 100; at++) BackgroundWorkerPool.newWorker(1, () => {}, { signal }).start();
  controller.abort();
  t.is(BackgroundWorkerPool.backgroundWorkers.size, 0);
});

test.serial('many workers are one listener, and as many stops as workers', (t) => {
  poolOnManualClock(t);
  const controller = new AbortController();
  const { signal } = controller;
  let finished = 0;
  const options = { signal, finished: () => finished++ };
  for (let at = 0; at < 100; at++) BackgroundWorkerPool.newWorker(1, () => {}, options).start();
  t.is(listeners(signal), 1);
  controller.abort();
  t.is(finished, 100);
  t.is(listeners(signal), 0);
});

test.serial('something that is no signal is refused', (t) => {
  poolOnManualClock(t);
  const signal = { aborted: false } as AbortSignal;
  const error = t.throws(() => BackgroundWorkerPool.newWorker(1, () => {}, { signal }), {
    instanceOf: InvalidArgumentError,
  });
  t.is(error.argument, 'signal');
});
