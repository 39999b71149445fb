// A misspelt option is refused, with the name that was probably meant.
import test from 'ava';
import {
  BackgroundWorker,
  BackgroundWorkerPool,
  InvalidArgumentError,
  ManualClock,
  Scheduler,
} from '../src/index.ts';

const nothing = (): void => {};

for (const [title, name, nearest, call] of [
  [
    'newWorker',
    'maxcount',
    'maxCount',
    (options) => BackgroundWorkerPool.newWorker(1, nothing, options),
  ],
  [
    'a BackgroundWorker made with new',
    'startDelay',
    'startWithDelay',
    (options) => new BackgroundWorker(1, nothing, options),
  ],
  ['Scheduler', 'clocks', 'clock', (options) => new Scheduler(options)],
  ['ManualClock', 'epochMs', 'wallEpochMs', (options) => new ManualClock(options)],
] as [string, string, string, (options: never) => unknown][]) {
  test(`${title} refuses ${name} and names ${nearest}`, (t) => {
    const error = t.throws(() => call({ [name]: 5 } as never), {
      instanceOf: InvalidArgumentError,
    });
    t.is(error.argument, name);
    t.is(error.value, 5);
    t.true(error.message.includes(`the nearest is ${nearest},`), error.message);
  });
}

test('a worker that is refused does not enter the pool', (t) => {
  const size = BackgroundWorkerPool.backgroundWorkers.size;
  t.throws(() => BackgroundWorkerPool.newWorker(1, nothing, { intervall: 2 } as never));
  t.is(BackgroundWorkerPool.backgroundWorkers.size, size);
});

test('every documented option of a worker is known', (t) => {
  const options = {
    name: 'n',
    dispose: true,
    finished: nothing,
    ignoreException: false,
    data: undefined,
    signal: new AbortController().signal,
    ref: true,
    startWithDelay: false,
    maxCount: 1,
    runOnTime: true,
    runPastEvents: false,
  };
  t.notThrows(() => new BackgroundWorker(1, nothing, options));
});
