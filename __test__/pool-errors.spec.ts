// Callbacks that throw, and ignoreException: retries at once, then with a growing pause, until the
// callback returns or the worker is stopped.
import test from 'ava';
import { type BackgroundWorker, BackgroundWorkerPool } from '../src/index.ts';
import { headlines, poolOnManualClock, recordLog } from './fixtures/pool-on-manual-clock.ts';

type Worker = BackgroundWorker<undefined>;

test.serial('a worker goes on after an error, and the run counts', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  const starts: number[] = [];
  const callback = (): never => {
    starts.push(clock.now());
    throw new Error('boom');
  };
  const worker = BackgroundWorkerPool.newWorker(1, callback, { maxCount: 3 }).start();
  clock.advance(9000);
  t.deepEqual(starts, [0, 1000, 2000]);
  t.is(worker.numberOfRuns, 3);
});

test.serial('the log has message and stack, in one entry', (t) => {
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  const tick = (): never => {
    throw new RangeError('boom');
  };
  BackgroundWorkerPool.newActor(tick, { name: 'w' }).start();
  clock.advance(0);
  const errors = log.filter(([level]) => level === 'ERROR');
  t.is(errors.length, 1);
  t.regex(
    errors[0]?.[1] ?? '',
    /^Worker "w" exception during callback tick: boom\n {2}RangeError: boom\n +at tick /,
  );
});

for (const [what, thrown] of [
  ['undefined', undefined],
  ['null', null],
  ['a string', 'text'],
  ['a symbol', Symbol('s')],
  ['an object without a prototype', Object.create(null)],
  [
    'an error whose message cannot be read',
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('no message for you');
      },
    }),
  ],
  [
    'an object that refuses to be inspected',
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no keys for you');
        },
        get() {
          throw new Error('no fields for you');
        },
        getPrototypeOf() {
          throw new Error('no prototype for you');
        },
      },
    ),
  ],
] as const) {
  test.serial(`${what} may be thrown: logged, and the worker goes on`, (t) => {
    const clock = poolOnManualClock(t);
    const log = recordLog(t);
    const callback = (): never => {
      throw thrown;
    };
    const worker = BackgroundWorkerPool.newWorker(1, callback, { maxCount: 2 }).start();
    clock.advance(5000);
    t.is(worker.numberOfRuns, 2);
    t.is(log.filter(([level]) => level === 'ERROR').length, 2);
  });
}

/** When each attempt of one failing run takes place. */
function attempts(clock: { now(): number }, failures: number): { at: number[]; run: () => void } {
  const at: number[] = [];
  const run = (): void => {
    if (at.push(clock.now()) <= failures) throw new Error(`boom${at.length}`);
  };
  return { at, run };
}

test.serial('ignoreException: three retries at once, then 1, 2, 4 … ms up to one second', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  const { at, run } = attempts(clock, 16);
  BackgroundWorkerPool.newActor(run, { ignoreException: true }).start();
  clock.advance(10_000);
  const pauses = at.slice(1).map((ms, index) => ms - (at[index] as number));
  t.deepEqual(pauses, [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000]);
});

test.serial('ignoreException: retries count as one run', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  const { run } = attempts(clock, 5);
  const worker = BackgroundWorkerPool.newWorker(1, run, { ignoreException: true }).start();
  clock.advance(100);
  t.is(worker.numberOfRuns, 1);
});

test.serial('ignoreException: the next failing run begins with quick retries again', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  const at: number[] = [];
  const callback = (): void => {
    at.push(clock.now());
    if (at.length % 3 !== 0) throw new Error('boom');
  };
  BackgroundWorkerPool.newWorker(1, callback, { ignoreException: true, maxCount: 3 }).start();
  clock.advance(5000);
  t.deepEqual(at, [0, 0, 0, 1000, 1000, 1000, 2000, 2000, 2000]);
});

test.serial('ignoreException: executing between the attempts', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  const { run } = attempts(clock, 8);
  const worker = BackgroundWorkerPool.newWorker(1, run, { ignoreException: true }).start();
  clock.advance(2);
  t.true(worker.executing);
});

test.serial('ignoreException: stop while the next attempt waits ends the run at once', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  let finished = 0;
  const { at, run } = attempts(clock, Number.POSITIVE_INFINITY);
  const options = { ignoreException: true, finished: () => finished++ };
  const worker = BackgroundWorkerPool.newWorker(1, run, options).start();
  clock.advance(5000);
  const before = at.length;
  worker.stop();
  t.is(finished, 1);
  t.false(worker.executing);
  clock.advance(5000);
  t.is(at.length, before);
});

test.serial('ignoreException: stop inside the failing callback ends the retries', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  let calls = 0;
  const callback = (_data: undefined, worker: Worker): never => {
    if (++calls === 3) worker.stop();
    throw new Error('boom');
  };
  BackgroundWorkerPool.newWorker(1, callback, { ignoreException: true }).start();
  clock.advance(5000);
  t.is(calls, 3);
});

test.serial('ignoreException: start inside the failing callback begins anew', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  const at: number[] = [];
  const callback = (_data: undefined, worker: Worker): void => {
    if (at.push(clock.now()) === 1) {
      worker.start();
      throw new Error('boom');
    }
  };
  BackgroundWorkerPool.newWorker(1, callback, { ignoreException: true }).start();
  clock.advance(1500);
  t.deepEqual(at, [0, 0, 1000]);
});

test.serial('ignoreException: rejections are retried too', async (t) => {
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  let calls = 0;
  const callback = async (): Promise<void> => {
    if (++calls < 4) throw new Error('boom');
  };
  const actor = BackgroundWorkerPool.newActor(callback, { ignoreException: true }).start();
  await clock.advanceAsync(100);
  t.is(calls, 4);
  t.false(actor.running);
  t.is(headlines(log).filter(([level]) => level === 'ERROR').length, 3);
});

test.serial('ignoreException: a worker that always fails does not hold up the others', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  let others = 0;
  const { run } = attempts(clock, Number.POSITIVE_INFINITY);
  BackgroundWorkerPool.newWorker(1, run, { ignoreException: true }).start();
  BackgroundWorkerPool.newWorker(0.1, () => others++).start();
  clock.advance(1000);
  t.is(others, 11);
});
