// Workers on threads are workers of the pool like all others.
import test from 'ava';
import { BackgroundWorker, BackgroundWorkerPool } from '../src/index.ts';
import { poolInRealTime, poolOnManualClock, recordLog } from './fixtures/pool-on-manual-clock.ts';
import { runSource } from './fixtures/program-run.ts';
import { SettableWallClock } from './fixtures/settable-wall-clock.ts';
import { Settling } from './fixtures/settling.ts';
import {
  entriesOf,
  note,
  noted,
  type SharedLedger,
  sharedLedger,
} from './fixtures/shared-ledger.ts';

const thread = true;

test.serial('they are found by name and state, and stopped and removed with the others', (t) => {
  poolInRealTime(t);
  const options = { thread, startWithDelay: true, dispose: false } as const;
  const one = BackgroundWorkerPool.newWorker(60, () => {}, { ...options, name: 'on-thread-1' });
  const two = BackgroundWorkerPool.newWorker(60, () => {}, { ...options, name: 'on-thread-2' });
  const here = BackgroundWorkerPool.newWorker(60, () => {}, { name: 'on-loop', dispose: false });
  one.start();
  t.deepEqual(BackgroundWorkerPool.findWorkers('on-thread-*'), [one, two] as unknown[]);
  t.deepEqual(BackgroundWorkerPool.findWorkers('on-*', true), [one] as unknown[]);
  t.deepEqual(BackgroundWorkerPool.findWorkers('on-*', false), [two, here] as unknown[]);
  t.deepEqual(BackgroundWorkerPool.stopWorkers('on-thread-?'), [one, two] as unknown[]);
  t.is(one.running, false);
  BackgroundWorkerPool.removeWorkers('on-*');
  t.is(BackgroundWorkerPool.backgroundWorkers.size, 0);
});

test.serial('they stand in the queue where they are due', (t) => {
  poolInRealTime(t);
  const delays = [30, 10, 20];
  const [last, first, second] = delays.map((delay, at) =>
    BackgroundWorkerPool.newActor(() => {}, { thread: at !== 2, delay }).start(),
  );
  t.deepEqual(
    BackgroundWorkerPool.workerQueue.map(({ id }) => id),
    [first?.id, second?.id, last?.id],
  );
});

test.serial('made with new, it is a worker like those of the factories', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const worker = new BackgroundWorker(0.001, (data: SharedLedger) => note(data, 1), {
    thread,
    data: ledger,
    maxCount: 2,
  });
  worker.start();
  await noted(ledger, 2);
  t.is(worker.numberOfRuns, 2);
});

test.serial('an aborted signal stops it', async (t) => {
  poolInRealTime(t);
  const done = new Settling();
  const controller = new AbortController();
  const { signal } = controller;
  const worker = BackgroundWorkerPool.newWorker(60, () => {}, {
    thread,
    signal,
    startWithDelay: true,
    finished: () => done.resolve(),
  });
  worker.start();
  controller.abort();
  t.is(worker.running, false);
  await done.promise;
  t.throws(() => worker.start(), { any: true, name: 'AbortError' });
});

test.serial('using stops it', (t) => {
  poolInRealTime(t);
  let kept: BackgroundWorker<undefined>;
  {
    using worker = BackgroundWorkerPool.newWorker(60, () => {}, { thread, startWithDelay: true });
    kept = worker.start();
    t.is(kept.running, true);
  }
  t.is(kept.running, false);
});

test.serial(
  'start during a run: the earlier start is finished behind it, one line per stop',
  async (t) => {
    poolInRealTime(t);
    const log = recordLog(t);
    const ends: number[] = [];
    const ledger = sharedLedger();
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const callback = (data: { ledger: SharedLedger; gate: Int32Array }): void => {
      note(data.ledger, 1);
      Atomics.wait(data.gate, 0, 0);
    };
    const worker = BackgroundWorkerPool.newWorker(60, callback, {
      thread,
      data: { ledger, gate },
      maxCount: 1,
      finished: () => ends.push(1),
    });
    worker.start();
    await noted(ledger, 1);
    worker.start();
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    while (ends.length < 2) await new Promise((resolve) => setImmediate(resolve));
    t.deepEqual(ends, [1, 1]);
    t.is(Atomics.load(ledger.count, 0), 2);
    t.deepEqual(
      log.map(([, message]) => message.split(' ')[0]),
      ['Starting', 'Stopping', 'Starting', 'Stopping'],
    );
  },
);

test.serial('start while running begins anew; the earlier start is finished', async (t) => {
  poolInRealTime(t);
  const log = recordLog(t);
  const ends: number[] = [];
  const ledger = sharedLedger();
  const worker = BackgroundWorkerPool.newWorker(60, (data) => note(data, 1), {
    thread,
    data: ledger,
    dispose: false,
    finished: (_, { numberOfRuns }) => ends.push(numberOfRuns),
  });
  worker.start();
  await noted(ledger, 1);
  worker.start();
  await noted(ledger, 2);
  t.is(worker.numberOfRuns, 1);
  worker.stop();
  while (ends.length < 2) await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(
    log.map(([, message]) => message.split(' ')[0]),
    ['Starting', 'Stopping', 'Starting', 'Stopping'],
  );
});

test.serial('restart changes the interval and keeps the count', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const worker = BackgroundWorkerPool.newWorker(60, (data) => note(data, 1), {
    thread,
    data: ledger,
  }).start();
  await noted(ledger, 1);
  t.is(worker.restart(0.01), worker);
  t.is(worker.interval, 0.01);
  await noted(ledger, 3);
  t.true(worker.numberOfRuns >= 3);
});

test.serial('a worker that has ended can be started again', async (t) => {
  poolInRealTime(t);
  const ledger = sharedLedger();
  const callback = (data: typeof ledger): void => note(data, 1);
  const options = { thread, data: ledger, maxCount: 2, dispose: false } as const;
  const worker = BackgroundWorkerPool.newWorker(0.001, callback, options);
  for (const runs of [2, 4, 6]) {
    worker.start();
    await noted(ledger, runs);
    while (worker.running) await new Promise((resolve) => setImmediate(resolve));
  }
  t.is(entriesOf(ledger).length, 6);
  t.is(worker.numberOfRuns, 2);
});

test.serial('the pool cannot change its clock meanwhile', (t) => {
  poolInRealTime(t);
  BackgroundWorkerPool.newWorker(60, () => {}, { thread, startWithDelay: true }).start();
  t.throws(() => BackgroundWorkerPool.useClock(undefined), { code: 'BACKBEAT_CLOCK_IN_USE' });
});

test.serial('on a manual clock a run starts when the clock says so', async (t) => {
  const clock = poolOnManualClock(t);
  const ledger = sharedLedger();
  const worker = BackgroundWorkerPool.newWorker(1, (data) => note(data, 1), {
    thread,
    data: ledger,
    startWithDelay: true,
  }).start();
  clock.advance(999);
  await BackgroundWorkerPool.runJob(() => 1).result;
  t.deepEqual([worker.numberOfRuns, worker.executing], [0, false]);
  clock.advance(1);
  await noted(ledger, 1);
  while (worker.executing) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1000);
  await noted(ledger, 2);
  while (worker.executing) await new Promise((resolve) => setImmediate(resolve));
  t.is(worker.numberOfRuns, 2);
  t.is(worker.nextRunTime, (clock.wallNow() + 1000) / 1000);
});

test.serial('an instant of the wall clock is kept when that is set', async (t) => {
  recordLog(t);
  const clock = new SettableWallClock();
  BackgroundWorkerPool.useClock(clock);
  t.teardown(() => {
    BackgroundWorkerPool.removeWorkers('');
    BackgroundWorkerPool.useClock(undefined);
  });
  const ledger = sharedLedger();
  const options = { thread, data: ledger, at: 60 } as const;
  const actor = BackgroundWorkerPool.newActor((data) => note(data, 1), options).start();
  clock.advance(5000);
  clock.setWallClockBy(-30_000);
  clock.advance(6000);
  t.is(Math.round((actor.nextRunTime ?? 0) * 1000 - clock.wallNow() + clock.now()), 90_000);
  clock.advance(78_999);
  t.is(actor.executing, false);
  clock.advance(1);
  await noted(ledger, 1);
  t.pass();
});

const CHILDREN: readonly (readonly [what: string, source: string, stdout: string])[] = [
  ['a pending actor', `newActor(print, { thread, delay: 0.05 }).start();`, 'ran'],
  [
    'a worker with a limit',
    `newWorker(0.01, print, { thread, maxCount: 3 }).start();`,
    'ranranran',
  ],
  ['an unref actor', `newActor(print, { thread, delay: 60, ref: false }).start();`, ''],
  ['an actor that lost its ref', `newActor(print, { thread, delay: 60 }).start().unref();`, ''],
  [
    'a stopped worker',
    `newWorker(60, print, { thread, startWithDelay: true }).start().stop();`,
    '',
  ],
  [
    'a paused worker',
    `newWorker(60, print, { thread, startWithDelay: true }).start().pause();`,
    '',
  ],
  [
    'an actor that got its ref back',
    `newActor(print, { thread, delay: 0.1, ref: false }).start().ref();`,
    'ran',
  ],
  [
    'a worker that paused itself',
    `newWorker(0.01, (_, worker) => { worker.pause(); print(); }, { thread, captures: { print } }).start();`,
    'ran',
  ],
];

for (const [what, source, stdout] of CHILDREN) {
  test.serial(`held by ${what}: ${stdout === '' ? 'no' : 'until it ran'}`, async (t) => {
    const program = `const { newActor, newWorker } = BackgroundWorkerPool;
      const thread = true;
      const print = () => process.getBuiltinModule('node:fs').writeSync(1, 'ran');
      ${source}`;
    const end = await runSource(program);
    t.deepEqual([end.code, end.stdout, end.stderr], [0, stdout, '']);
    t.true(end.elapsedMs < 20_000);
  });
}
