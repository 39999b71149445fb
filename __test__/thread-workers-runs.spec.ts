// What a run on a native thread is given, what it can ask for, and what comes back.
import { threadId } from 'node:worker_threads';
import test from 'ava';
import { BackgroundWorkerPool, type ThreadWorker, task } from '../src/index.ts';
import { headlines, poolInRealTime, recordLog } from './fixtures/pool-on-manual-clock.ts';
import { Settling } from './fixtures/settling.ts';
import {
  entriesOf,
  note,
  noted,
  type SharedLedger,
  sharedLedger,
} from './fixtures/shared-ledger.ts';

const thread = true;
const TASKS = new URL('./fixtures/thread-tasks.mjs', import.meta.url);

test.serial('a task runs on another thread without being asked to', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  BackgroundWorkerPool.newActor(task(TASKS, 'noteThread'), { data: ledger }).start();
  await noted(ledger, 1);
  t.not(ledger.marks[0], threadId);
});

test.serial(
  'the stack of an error shows the thread and where the worker was started',
  async (t) => {
    const log = recordLog(t);
    poolInRealTime(t);
    const ended = new Promise((finished) => {
      BackgroundWorkerPool.newActor(task(TASKS, 'explode'), { name: 'w', finished }).start();
    });
    await ended;
    const [, text = ''] = log.find(([level]) => level === 'ERROR') ?? [];
    t.regex(text, /thread-tasks\.mjs/);
    t.regex(text, /thread-workers-runs\.spec/);
  },
);

test.serial('data, worker and the arguments of start, in this order', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const callback = (
    data: { ledger: SharedLedger; factor: number },
    worker: ThreadWorker,
    first: number,
    second: number,
  ): void => {
    const isNamed = worker.name === 'weigher' && worker.data === data;
    note(data.ledger, isNamed ? data.factor * first + second + worker.id * 1000 : -1);
  };
  const data = { ledger, factor: 7 };
  const worker = BackgroundWorkerPool.newActor(callback, { thread, data, name: 'weigher' });
  worker.start(3, 4);
  await noted(ledger, 1);
  t.is(entriesOf(ledger)[0]?.mark, 25 + worker.id * 1000);
});

test.serial('captured values go along, given or found', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const step = 5;
  BackgroundWorkerPool.newActor(() => note(ledger, step), { thread }).start();
  await noted(ledger, 1);
  const captures = { ledger, note, step: 6 };
  BackgroundWorkerPool.newActor(() => note(ledger, step), { thread, captures }).start();
  await noted(ledger, 2);
  t.deepEqual(
    entriesOf(ledger).map(({ mark }) => mark),
    [5, 6],
  );
});

test.serial('each run has a copy of its own, taken at the start', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const data = { value: 1 };
  const done = new Settling();
  const callback = (own: { value: number }): void => note(ledger, own.value++);
  const options = { thread, data, maxCount: 3, finished: () => done.resolve() } as const;
  BackgroundWorkerPool.newWorker(0.005, callback, options).start();
  data.value = 50;
  await done.promise;
  t.deepEqual(
    entriesOf(ledger).map(({ mark }) => mark),
    [1, 1, 1],
  );
});

test.serial('data that is assigned later reaches the next run', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const callback = (mark: number): void => note(ledger, mark);
  const worker = BackgroundWorkerPool.newWorker(60, callback, { thread, data: 1 }).start();
  await noted(ledger, 1);
  worker.data = 2;
  worker.workNow();
  while (Atomics.load(ledger.count, 0) < 2) {
    worker.workNow();
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.is(entriesOf(ledger)[1]?.mark, 2);
  t.is(worker.data, 2);
});

test.serial('data with shared memory can be replaced by plain data and the reverse', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const callback = (data: unknown): void => note(ledger, typeof data === 'number' ? data : 9);
  const worker = BackgroundWorkerPool.newWorker<unknown>(0.005, callback, { thread, data: 1 });
  worker.start();
  await noted(ledger, 1);
  worker.data = new SharedArrayBuffer(8);
  const before = Atomics.load(ledger.count, 0);
  await noted(ledger, before + 2);
  t.is(entriesOf(ledger)[before + 1]?.mark, 9);
  worker.data = 3;
  const after = Atomics.load(ledger.count, 0);
  await noted(ledger, after + 2);
  t.is(entriesOf(ledger)[after + 1]?.mark, 3);
});

test.serial('what cannot be cloned is refused at the start, which changes nothing', (t) => {
  poolInRealTime(t);
  const data = { items: [1, { call: () => 1 }] };
  const worker = BackgroundWorkerPool.newActor(() => {}, { thread, data });
  const error = t.throws(() => worker.start(), { code: 'BACKBEAT_UNCLONEABLE' });
  t.regex(error.message, /^data\.items\[1\]\.call/);
  t.is(worker.running, false);
});

test.serial('a port, which one thread only could have, is refused', (t) => {
  poolInRealTime(t);
  const { port1, port2 } = new MessageChannel();
  const worker = BackgroundWorkerPool.newActor(() => {}, { thread, data: port1 });
  t.throws(() => worker.start(), { code: 'BACKBEAT_UNCLONEABLE' });
  port1.close();
  port2.close();
});

test.serial('a function that cannot be carried is refused when the worker is made', (t) => {
  poolInRealTime(t);
  const handle = new WeakMap();
  const make = () => BackgroundWorkerPool.newActor(() => handle.has({}), { thread });
  t.throws(make, { code: 'BACKBEAT_CAPTURE' });
});

test.serial('options that contradict each other are refused', (t) => {
  const { newWorker, newActor } = BackgroundWorkerPool;
  const invalid = { code: 'BACKBEAT_INVALID_ARGUMENT' };
  t.throws(() => newWorker(1, () => {}, { thread: 1 as unknown as boolean }), invalid);
  t.throws(() => newWorker(1, () => {}, { captures: {} }), invalid);
  t.throws(() => newActor(task(TASKS, 'noteThread'), { thread: false }), invalid);
});

test.serial('finished is called here, once, behind the last run', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const done = new Settling<unknown[]>();
  const here = { isHere: true };
  const worker = BackgroundWorkerPool.newWorker(0.002, (data) => note(data.ledger, 0), {
    thread,
    data: { ledger },
    maxCount: 4,
    finished: (...values) => done.resolve([...values, here, Atomics.load(ledger.count, 0)]),
  });
  worker.start('a');
  t.deepEqual(await done.promise, [worker.data, worker, 'a', here, 4]);
  t.is(worker.numberOfRuns, 4);
  t.is(worker.running, false);
  t.is(BackgroundWorkerPool.backgroundWorkers.has(worker.id), false);
});

test.serial('false, also promised, stops; other values do not', async (t) => {
  poolInRealTime(t);
  const done = new Settling<number>();
  const callback = async (_: unknown, worker: ThreadWorker): Promise<boolean | undefined> =>
    worker.numberOfRuns < 3 ? undefined : false;
  const finished = (_: unknown, { numberOfRuns }: { numberOfRuns: number }) =>
    done.resolve(numberOfRuns);
  BackgroundWorkerPool.newWorker(0.002, callback, { thread, finished }).start();
  t.is(await done.promise, 3);
});

test.serial('stop inside a run lets the run end and starts none', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const done = new Settling();
  const callback = async (_: unknown, worker: ThreadWorker): Promise<void> => {
    worker.stop();
    await null;
    note(ledger, worker.numberOfRuns);
  };
  const finished = () => done.resolve();
  BackgroundWorkerPool.newWorker(0.001, callback, { thread, finished }).start();
  await done.promise;
  t.is(Atomics.load(ledger.count, 0), 1);
});

test.serial('a handle that was kept stops the worker later, too', async (t) => {
  poolInRealTime(t);
  const done = new Settling<number>();
  const callback = (_: unknown, worker: ThreadWorker): void => {
    setTimeout(() => worker.stop(), 5);
  };
  const options = { thread, startWithDelay: true, finished: () => done.resolve(1) } as const;
  BackgroundWorkerPool.newWorker(0.02, callback, options).start();
  t.is(await done.promise, 1);
});

test.serial('pause inside a run, until unpause', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const callback = (_: unknown, worker: ThreadWorker): void => {
    if (worker.numberOfRuns === 1) worker.pause();
    note(ledger, worker.numberOfRuns);
  };
  const worker = BackgroundWorkerPool.newWorker(0.001, callback, { thread }).start();
  await noted(ledger, 1);
  while (worker.executing) await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual([worker.running, worker.nextRunTime], [true, undefined]);
  worker.unpause(true);
  await noted(ledger, 3);
  t.deepEqual(
    entriesOf(ledger)
      .slice(0, 3)
      .map(({ mark }) => mark),
    [1, 2, 3],
  );
});

test.serial('an error is logged here and the worker goes on', async (t) => {
  poolInRealTime(t);
  const log = recordLog(t);
  const done = new Settling();
  const callback = function explode(_: unknown, worker: ThreadWorker): void {
    if (worker.numberOfRuns === 2) throw new RangeError('second');
  };
  const options = { thread, name: 'w', maxCount: 3, finished: () => done.resolve() } as const;
  BackgroundWorkerPool.newWorker(0.001, callback, options).start();
  await done.promise;
  t.deepEqual(headlines(log), [
    ['DEBUG', 'Starting actor: w'],
    ['ERROR', 'Worker "w" exception during callback explode: second'],
    ['DEBUG', 'Stopping actor: w'],
  ]);
});

test.serial('ignoreException tries again within the run', async (t) => {
  poolInRealTime(t);
  const log = recordLog(t);
  const ledger = sharedLedger();
  const done = new Settling<number>();
  const callback = (_: unknown, worker: ThreadWorker): void => {
    note(ledger, worker.numberOfRuns);
    if (Atomics.load(ledger.count, 0) < 6) throw new Error('again');
  };
  const finished = (_: unknown, { numberOfRuns }: { numberOfRuns: number }) =>
    done.resolve(numberOfRuns);
  BackgroundWorkerPool.newActor(callback, { thread, ignoreException: true, finished }).start();
  t.is(await done.promise, 1);
  t.is(log.filter(([level]) => level === 'ERROR').length, 5);
  t.true(entriesOf(ledger).every(({ mark }) => mark === 1));
});

test.serial('a run counts until its promise settles: no overlap', async (t) => {
  poolInRealTime(t);
  const overlaps = new Int32Array(new SharedArrayBuffer(8));
  const done = new Settling();
  const callback = async (counts: Int32Array): Promise<void> => {
    if (Atomics.add(counts, 0, 1) > 0) Atomics.add(counts, 1, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    Atomics.sub(counts, 0, 1);
  };
  const options = { thread, data: overlaps, maxCount: 5, finished: () => done.resolve() } as const;
  BackgroundWorkerPool.newWorker(0.001, callback, options).start();
  await done.promise;
  t.is(overlaps[1], 0);
});

test.serial('an error that cannot be read whole does not stop the worker', async (t) => {
  poolInRealTime(t);
  const log = recordLog(t);
  const done = new Settling();
  const callback = (): void => {
    throw Object.assign(new Error('large '.repeat(40_000)), { shared: new SharedArrayBuffer(8) });
  };
  const options = { thread, maxCount: 2, finished: () => done.resolve() } as const;
  BackgroundWorkerPool.newWorker(0.001, callback, options).start();
  await done.promise;
  t.is(log.filter(([level]) => level === 'ERROR').length, 2);
});
