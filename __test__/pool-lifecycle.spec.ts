// Steering a worker from outside: start, stop, pause, unpause, restart, workNow.
import test from 'ava';
import { BackgroundWorker, BackgroundWorkerPool } from '../src/index.ts';
import { EPOCH_MS, poolOnManualClock } from './fixtures/pool-on-manual-clock.ts';

const isInPool = (worker: { id: number }): boolean =>
  BackgroundWorkerPool.backgroundWorkers.has(worker.id);

test.serial('a new worker is in the pool and does nothing', (t) => {
  const clock = poolOnManualClock(t);
  const worker = BackgroundWorkerPool.newWorker(0.1, () => t.fail());
  clock.advance(1000);
  t.true(isInPool(worker));
  t.false(worker.running);
  t.is(worker.nextRunTime, undefined);
});

test.serial('a worker made with new enters the pool at its start', (t) => {
  poolOnManualClock(t);
  const worker = new BackgroundWorker(0.1, () => {});
  t.false(isInPool(worker));
  worker.start();
  t.true(isInPool(worker));
});

test.serial('start returns the worker and runs from the loop, not at once', (t) => {
  const clock = poolOnManualClock(t);
  let runs = 0;
  const worker = BackgroundWorkerPool.newWorker(1, () => runs++);
  t.is(worker.start(), worker);
  t.is(runs, 0);
  clock.advance(0);
  t.is(runs, 1);
});

test.serial('nextRunTime is in UTC seconds', (t) => {
  const clock = poolOnManualClock(t);
  const worker = BackgroundWorkerPool.newWorker(1.5, () => {}, { startWithDelay: true }).start();
  t.is(worker.nextRunTime, EPOCH_MS / 1000 + 1.5);
  clock.advance(1500);
  t.is(worker.nextRunTime, EPOCH_MS / 1000 + 3);
});

test.serial('start on a running worker takes new arguments', (t) => {
  const clock = poolOnManualClock(t);
  const seen: unknown[] = [];
  const callback = (_data: undefined, _self: unknown, x: string): unknown => seen.push(x);
  const worker = BackgroundWorkerPool.newWorker(1, callback).start('a');
  clock.advance(0);
  worker.start('b');
  clock.advance(0);
  worker.start();
  clock.advance(0);
  t.deepEqual(seen, ['a', 'b', undefined]);
});

for (const dispose of [true, false]) {
  test.serial(`start on a running worker starts anew, with dispose ${dispose}`, (t) => {
    const clock = poolOnManualClock(t);
    const starts: number[] = [];
    const worker = BackgroundWorkerPool.newWorker(1, () => starts.push(clock.now()), { dispose });
    worker.start();
    clock.advance(1500);
    worker.start();
    clock.advance(2000);
    t.deepEqual(starts, [0, 1000, 1500, 2500, 3500]);
    t.is(worker.numberOfRuns, 3);
    t.true(isInPool(worker));
  });

  test.serial(`a stopped worker ${dispose ? 'leaves' : 'stays in'} the pool`, (t) => {
    poolOnManualClock(t);
    const worker = BackgroundWorkerPool.newWorker(1, () => {}, { dispose }).start();
    worker.stop();
    t.is(isInPool(worker), !dispose);
  });
}

test.serial('a worker that comes back is found in its old place', (t) => {
  poolOnManualClock(t);
  const [first, second] = ['a', 'b'].map((name) =>
    BackgroundWorkerPool.newWorker(1, () => {}, { name }).start(),
  );
  first?.stop();
  first?.start();
  t.deepEqual(BackgroundWorkerPool.findWorkers(), [first, second] as BackgroundWorker[]);
});

test.serial('data may be changed between runs', (t) => {
  const clock = poolOnManualClock(t);
  const seen: unknown[] = [];
  const callback = (data: string): unknown => seen.push(data);
  const worker = BackgroundWorkerPool.newWorker(1, callback, { data: 'old' }).start();
  clock.advance(0);
  worker.data = 'new';
  clock.advance(1000);
  t.deepEqual(seen, ['old', 'new']);
});

test.serial('stopping one of two that are due together stops it in time', (t) => {
  const clock = poolOnManualClock(t);
  const ran: string[] = [];
  const second = BackgroundWorkerPool.newActor(() => ran.push('second'), { delay: 1 });
  const first = BackgroundWorkerPool.newActor(
    () => {
      ran.push('first');
      second.stop();
    },
    { delay: 1 },
  );
  first.start();
  second.start();
  clock.advance(2000);
  t.deepEqual(ran, ['first']);
});

test.serial('pause twice is one pause', (t) => {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  const worker = BackgroundWorkerPool.newWorker(1, () => starts.push(clock.now())).start();
  worker.pause().pause();
  clock.advance(500);
  worker.unpause(true);
  worker.unpause(true);
  clock.advance(1100);
  t.deepEqual(starts, [500, 1500]);
});

test.serial('a paused actor waits its whole delay again', (t) => {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  const actor = BackgroundWorkerPool.newActor(() => starts.push(clock.now()), { delay: 1 }).start();
  clock.advance(900);
  actor.pause();
  clock.advance(5000);
  actor.unpause();
  clock.advance(2000);
  t.deepEqual(starts, [6900]);
});

test.serial('restart: next run after one new interval, count and arguments kept', (t) => {
  const clock = poolOnManualClock(t);
  const seen: unknown[] = [];
  const callback = (_data: undefined, _self: unknown, x: string): unknown =>
    seen.push([clock.now(), x]);
  const worker = BackgroundWorkerPool.newWorker(1, callback).start('kept');
  clock.advance(1500);
  t.is(worker.restart(2), worker);
  clock.advance(4000);
  t.deepEqual(
    seen,
    [0, 1000, 3500, 5500].map((at) => [at, 'kept']),
  );
  t.is(worker.numberOfRuns, 4);
});

for (const options of [{}, { runOnTime: false }, { runPastEvents: true }]) {
  test.serial(`restart moves the grid: ${JSON.stringify(options)}`, (t) => {
    const clock = poolOnManualClock(t);
    const starts: number[] = [];
    const callback = (): unknown => starts.push(clock.now());
    const worker = BackgroundWorkerPool.newWorker(1, callback, options).start();
    clock.advance(1300);
    worker.restart();
    clock.advance(2500);
    t.deepEqual(starts, [0, 1000, 2300, 3300]);
  });

  test.serial(`workNow runs at once and moves the grid: ${JSON.stringify(options)}`, (t) => {
    const clock = poolOnManualClock(t);
    const starts: number[] = [];
    const callback = (): unknown => starts.push(clock.now());
    const worker = BackgroundWorkerPool.newWorker(1, callback, options).start();
    clock.advance(1300);
    t.is(worker.workNow(), worker);
    clock.advance(2500);
    t.deepEqual(starts, [0, 1000, 1300, 2300, 3300]);
  });
}

test.serial('workNow ends a pause', (t) => {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  const worker = BackgroundWorkerPool.newWorker(1, () => starts.push(clock.now())).start();
  worker.pause();
  clock.advance(300);
  worker.workNow();
  clock.advance(1200);
  t.deepEqual(starts, [300, 1300]);
});

test.serial('restart keeps an actor alive: a time-out that is put off', (t) => {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  const actor = BackgroundWorkerPool.newActor(() => starts.push(clock.now()), { delay: 1 }).start();
  for (let touch = 0; touch < 5; touch++) {
    clock.advance(900);
    actor.restart();
  }
  clock.advance(5000);
  t.deepEqual(starts, [5500]);
});

test.serial('on a worker that does not run nothing happens', (t) => {
  const clock = poolOnManualClock(t);
  const worker = BackgroundWorkerPool.newWorker(1, () => t.fail());
  t.deepEqual(
    [worker.pause(), worker.workNow(), worker.stop(), worker.unpause(), worker.restart()],
    [worker, worker, worker, undefined, undefined],
  );
  clock.advance(5000);
  t.true(isInPool(worker));
});

test.serial('using stops the worker at the end of the block', (t) => {
  poolOnManualClock(t);
  const outer: BackgroundWorker<undefined>[] = [];
  {
    using worker = BackgroundWorkerPool.newWorker(1, () => {}).start();
    outer.push(worker);
    t.true(worker.running);
  }
  t.false(outer[0]?.running);
});

test.serial('maxCount limits the runs of each start', (t) => {
  const clock = poolOnManualClock(t);
  let runs = 0;
  const options = { maxCount: 2, dispose: false };
  const worker = BackgroundWorkerPool.newWorker(1, () => runs++, options).start();
  clock.advance(9000);
  t.is(runs, 2);
  worker.start();
  clock.advance(9000);
  t.is(runs, 4);
});

test.serial('ids count up in order of creation', (t) => {
  poolOnManualClock(t);
  const [a, b, c] = [1, 2, 3].map(() => BackgroundWorkerPool.newWorker(1, () => {}).id);
  t.deepEqual([b, c], [(a as number) + 1, (a as number) + 2]);
});

test.serial('the text form shows no data and cannot be forged by a name', (t) => {
  poolOnManualClock(t);
  const options = { name: 'a\nb', data: 'secret' };
  const text = String(BackgroundWorkerPool.newWorker(1, function tick() {}, options));
  t.regex(text, /^BackgroundWorker\(name=a\\nb, callback=tick, running=false, interval=1, /);
  t.notRegex(text, /secret/);
});
