// What is no argument is refused at the call, with its name and value.
import test, { type ExecutionContext } from 'ava';
import { BackgroundWorker, BackgroundWorkerPool, InvalidArgumentError } from '../src/index.ts';
import { poolOnManualClock } from './fixtures/pool-on-manual-clock.ts';

const nothing = (): void => {};

function refuses(t: ExecutionContext, argument: string, value: unknown, call: () => unknown): void {
  const size = BackgroundWorkerPool.backgroundWorkers.size;
  const error = t.throws(call, { instanceOf: InvalidArgumentError });
  t.is(error.code, 'BACKBEAT_INVALID_ARGUMENT');
  t.is(error.argument, argument);
  t.is(error.value, value);
  t.true(error.message.startsWith(`${argument} must be `), error.message);
  t.is(BackgroundWorkerPool.backgroundWorkers.size, size);
}

const NO_DURATIONS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '5',
  '5 parsecs',
  'NaNs',
  null,
  true,
];

for (const interval of [...NO_DURATIONS, -1, '-1s', [], {}, undefined]) {
  test.serial(`interval ${JSON.stringify(interval)} ${String(interval)}`, (t) => {
    refuses(t, 'interval', interval, () =>
      BackgroundWorkerPool.newWorker(interval as never, nothing),
    );
  });
}

for (const delay of NO_DURATIONS) {
  test.serial(`delay ${String(delay)} of an actor`, (t) => {
    refuses(t, 'delay', delay, () => BackgroundWorkerPool.newActor(nothing, { delay } as never));
  });
}

for (const at of [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  'yesterday',
  new Date(Number.NaN),
  null,
  {},
]) {
  test.serial(`at ${String(at)} of an actor`, (t) => {
    refuses(t, 'at', at, () => BackgroundWorkerPool.newActor(nothing, { at } as never));
  });
}

for (const maxCount of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', true]) {
  test.serial(`maxCount ${String(maxCount)}`, (t) => {
    const options = { maxCount } as never;
    refuses(t, 'maxCount', maxCount, () => BackgroundWorkerPool.newWorker(1, nothing, options));
  });
}

for (const callback of [undefined, null, 'run', {}, 1]) {
  test.serial(`${String(callback)} as a callback`, (t) => {
    const cb = callback as never;
    refuses(t, 'workerCallback', callback, () => BackgroundWorkerPool.newWorker(1, cb));
    refuses(t, 'workerCallback', callback, () => BackgroundWorkerPool.newActor(cb));
    refuses(t, 'workerCallback', callback, () => new BackgroundWorker(1, cb));
  });
}

for (const finished of [null, 'done', {}]) {
  test.serial(`${String(finished)} as finished`, (t) => {
    const options = { finished } as never;
    refuses(t, 'finished', finished, () => BackgroundWorkerPool.newWorker(1, nothing, options));
  });
}

for (const name of [null, 5, {}, Symbol('n')]) {
  test.serial(`${String(name)} as a name`, (t) => {
    refuses(t, 'name', name, () => BackgroundWorkerPool.newActor(nothing, { name } as never));
  });
}

for (const options of [null, 'fast', 5]) {
  test.serial(`${String(options)} as options`, (t) => {
    const given = options as never;
    refuses(t, 'options', options, () => BackgroundWorkerPool.newWorker(1, nothing, given));
    refuses(t, 'options', options, () => BackgroundWorkerPool.newActor(nothing, given));
    refuses(t, 'options', options, () => new BackgroundWorker(1, nothing, given));
  });
}

test.serial('restart refuses an interval that is none, and the worker goes on', (t) => {
  const clock = poolOnManualClock(t);
  let runs = 0;
  const worker = BackgroundWorkerPool.newWorker(1, () => runs++).start();
  refuses(t, 'interval', -1, () => worker.restart(-1));
  clock.advance(2000);
  t.is(runs, 3);
  t.is(worker.interval, 1);
});

test.serial('removeWorkers wants a name, findWorkers a string', (t) => {
  refuses(t, 'name', undefined, () => BackgroundWorkerPool.removeWorkers(undefined as never));
  refuses(t, 'name', 5, () => BackgroundWorkerPool.findWorkers(5 as never));
});

for (const [interval, seconds] of [
  [1.5, 1.5],
  ['250ms', 0.25],
  ['2h', 7200],
  [{ minutes: 1, seconds: 30 }, 90],
  [0, 0],
] as const) {
  test.serial(`an interval of ${JSON.stringify(interval)} is ${seconds} s`, (t) => {
    poolOnManualClock(t);
    t.is(BackgroundWorkerPool.newWorker(interval, nothing).interval, seconds);
  });
}

test.serial('defaults', (t) => {
  poolOnManualClock(t);
  const { name, data, running, executing, numberOfRuns, maxCount, startWithDelay, ...rest } =
    attributesOf(BackgroundWorkerPool.newWorker(2, nothing));
  t.deepEqual(
    [name, data, running, executing, numberOfRuns, maxCount, startWithDelay],
    [undefined, undefined, false, false, 0, 0, false],
  );
  t.deepEqual(rest, {
    interval: 2,
    dispose: true,
    runOnTime: true,
    runPastEvents: false,
    ignoreException: false,
    finished: undefined,
    args: [],
    nextRunTime: undefined,
  });
});

test.serial('an actor is a worker with maxCount 1 whose interval is its delay', (t) => {
  poolOnManualClock(t);
  const attributes = attributesOf(BackgroundWorkerPool.newActor(nothing, { delay: 3 }));
  t.like(attributes, { interval: 3, maxCount: 1, startWithDelay: true });
  t.false(BackgroundWorkerPool.newActor(nothing).startWithDelay);
});

test.serial('the pool cannot be constructed', (t) => {
  t.throws(() => new BackgroundWorkerPool(), { code: 'BACKBEAT_STATIC_CLASS' });
});

function attributesOf(worker: BackgroundWorker<undefined>) {
  const { name, data, running, executing, numberOfRuns, maxCount, startWithDelay } = worker;
  const { interval, dispose, runOnTime, runPastEvents, ignoreException, finished, args } = worker;
  const state = { name, data, running, executing, numberOfRuns, maxCount, startWithDelay };
  const options = { interval, dispose, runOnTime, runPastEvents, ignoreException, finished, args };
  return { ...state, ...options, nextRunTime: worker.nextRunTime };
}
