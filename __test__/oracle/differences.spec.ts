// One test for each row of the table of deliberate differences.
import { readdirSync } from 'node:fs';
import test from 'ava';
import { type BackgroundWorker, BackgroundWorkerPool } from '../../src/index.ts';
import {
  EPOCH_MS,
  headlines,
  poolInRealTime,
  poolOnManualClock,
  recordLog,
} from '../fixtures/pool-on-manual-clock.ts';
import { scenario } from './recorded.ts';

const RUNS_WITHOUT_END = 3;

for (const [what, returned] of Object.entries<unknown[]>(
  scenario('001-return-false-stops').inputs.returnsPerCase,
)) {
  test.serial(`001-return-false-stops: only false stops, returning ${what}`, (t) => {
    const clock = poolOnManualClock(t);
    let runs = 0;
    const callback = (): unknown => returned[Math.min(runs++, returned.length - 1)];
    const worker = BackgroundWorkerPool.newWorker(1, callback).start();
    clock.advance((RUNS_WITHOUT_END - 1) * 1000);
    const stopsAt = returned.indexOf(false) + 1;
    t.is(runs, stopsAt === 0 ? RUNS_WITHOUT_END : stopsAt);
    t.is(worker.running, stopsAt === 0);
    t.is(BackgroundWorkerPool.backgroundWorkers.has(worker.id), stopsAt === 0);
  });
}

test.serial('001-args-data: data, worker and the arguments come by position', (t) => {
  const { inputs } = scenario('001-args-data');
  const clock = poolOnManualClock(t);
  let got: unknown[] = [];
  const options = { data: inputs.data, maxCount: 1 };
  const callback = (...args: unknown[]): void => {
    got = args;
  };
  const worker = BackgroundWorkerPool.newWorker<number>(1, callback, options);
  worker.start(inputs.startArgs.a, 'b');
  clock.advance(0);
  t.deepEqual(got, [42, worker, 1, 'b']);
});

test.serial('001-args-data: a missing argument is no error', (t) => {
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  let got: unknown = 'not called';
  BackgroundWorkerPool.newActor((_data, _worker, a) => {
    got = a;
  }).start();
  clock.advance(0);
  t.is(got, undefined);
  t.deepEqual(
    log.filter(([level]) => level === 'ERROR'),
    [],
  );
});

test.serial('001-pause-waits-callback: pause returns at once, no run follows', async (t) => {
  const { observed } = scenario('001-pause-waits-callback');
  const clock = poolOnManualClock(t);
  let runs = 0;
  let endRun = (): void => {};
  const callback = (): Promise<void> => {
    runs++;
    return new Promise((resolve) => {
      endRun = resolve;
    });
  };
  const worker = BackgroundWorkerPool.newWorker(0.1, callback).start();
  await clock.advanceAsync(50);
  t.is(worker.pause(), worker);
  t.true(worker.executing);
  endRun();
  await clock.advanceAsync(1000);
  t.is(runs, observed.runsAfterPause);
  t.true(worker.running);
});

test.serial('001-stop-mid-callback: finished comes after the end of the run', async (t) => {
  const clock = poolOnManualClock(t);
  const events: string[] = [];
  const callback = async (): Promise<void> => {
    events.push('cbStart');
    await new Promise<void>((resolve) => {
      BackgroundWorkerPool.newActor(() => resolve(), { delay: 0.2 }).start();
    });
    events.push('cbEnd');
  };
  const finished = (): unknown => events.push('finished');
  const worker = BackgroundWorkerPool.newWorker(0.1, callback, { finished }).start();
  await clock.advanceAsync(100);
  worker.stop();
  events.push('stopReturned');
  await clock.advanceAsync(1000);
  t.deepEqual(events, ['cbStart', 'stopReturned', 'cbEnd', 'finished']);
  t.is(worker.numberOfRuns, scenario('001-stop-mid-callback').observed.runs);
});

test.serial('001-maxcount-exception-actor: an error is logged once', (t) => {
  const { observed } = scenario('001-maxcount-exception-actor');
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  const cb = (): void => {
    throw new Error('boom0');
  };
  const actor = BackgroundWorkerPool.newActor(cb, { name: 'a' }).start();
  clock.advance(0);
  const [starting, error, , stopping] = observed.logs;
  t.deepEqual(headlines(log), [starting, error, stopping]);
  t.deepEqual(
    {
      runs: actor.numberOfRuns,
      running: actor.running,
      inPool: BackgroundWorkerPool.backgroundWorkers.has(actor.id),
    },
    { runs: observed.runs, running: observed.running, inPool: observed.inPool },
  );
});

test.serial('001-interval-zero-past: without end, and the loop keeps turning', async (t) => {
  poolInRealTime(t);
  const { runPastEvents } = scenario('001-interval-zero-past').inputs.worker;
  let turns = 0;
  const runs = await new Promise<number>((resolve) => {
    const countTurn = (): void => {
      turns++;
      setImmediate(countTurn).unref();
    };
    countTurn();
    BackgroundWorkerPool.newWorker(
      0,
      (_data, { numberOfRuns }) => {
        if (numberOfRuns < 2000) return true;
        resolve(numberOfRuns);
        return false;
      },
      { runPastEvents },
    ).start();
  });
  t.is(runs, 2000);
  t.true(turns >= 100, `${turns} turns of the loop for ${runs} runs`);
});

test.serial('001-queue-entries: fields timestamp, id, name; earliest first', (t) => {
  const { observed } = scenario('001-queue-entries');
  const clock = poolOnManualClock(t);
  const far = [9, 5, 7].map((delay) =>
    BackgroundWorkerPool.newActor(() => {}, { delay, name: `n${delay}` }).start(),
  );
  t.deepEqual(
    BackgroundWorkerPool.workerQueue.map(({ name }) => name),
    observed.sorted,
  );
  t.deepEqual(BackgroundWorkerPool.workerTimer, {
    timestamp: EPOCH_MS / 1000 + 5,
    id: (far[1] as BackgroundWorker).id,
    name: 'n5',
  });
  const isQueued = (name: string): boolean =>
    BackgroundWorkerPool.workerQueue.some((entry) => entry.name === name);
  const during: boolean[] = [];
  const callback = (_data: unknown, worker: { executing: boolean }): unknown =>
    during.push(worker.executing, isQueued('now'));
  BackgroundWorkerPool.newWorker(1, callback, { name: 'now' }).start();
  clock.advance(0);
  t.deepEqual(during, [observed.executing, observed.inQueueWhileExecuting]);
  t.is(isQueued('now'), observed.inQueueAfter);
  BackgroundWorkerPool.stopWorkers();
  t.is(BackgroundWorkerPool.workerTimer, undefined);
});

test.serial('001-order-ties: equal due times run in the order of their starts', (t) => {
  const clock = poolOnManualClock(t);
  const { inputs } = scenario('001-order-ties');
  const ran: number[] = [];
  const at = new Date(EPOCH_MS + 500);
  const inOrder = Array.from({ length: inputs.actors }, (_, index) => index);
  for (const index of inOrder) BackgroundWorkerPool.newActor(() => ran.push(index), { at }).start();
  clock.advance(1000);
  t.deepEqual(ran, inOrder);
});

test.serial('001-drift-afterrun: the interval counts from the end, exactly', (t) => {
  const { inputs, observed } = scenario('001-drift-afterrun');
  const clock = poolOnManualClock(t);
  const { intervalMs, ...options } = inputs.worker;
  const starts: number[] = [];
  const callback = (): void => {
    starts.push(clock.now());
    clock.elapse(inputs.callbackBusyMs);
  };
  BackgroundWorkerPool.newWorker(intervalMs / 1000, callback, options).start();
  clock.advance(10_000);
  t.is(starts.length, observed.runs);
  t.deepEqual(
    starts,
    starts.map((_, run) => run * (intervalMs + inputs.callbackBusyMs)),
  );
});

const countsThreads = process.platform === 'linux' ? test.serial : test.serial.skip;
countsThreads('001-cost-timers: one thread for all actors', async (t) => {
  poolInRealTime(t);
  const { actors, delayMs } = scenario('001-cost-timers').inputs;
  const threads = (): number => readdirSync('/proc/self/task').length;
  const before = threads();
  let ran = 0;
  let most = 0;
  await new Promise<void>((resolve) => {
    const run = (): void => {
      most = Math.max(most, threads());
      if (++ran === actors) resolve();
    };
    for (let at = 0; at < actors; at++) {
      BackgroundWorkerPool.newActor(run, { delay: delayMs / 1000 }).start();
    }
  });
  t.is(ran, actors);
  t.true(most - before <= 1, `${most - before} threads more`);
});

test.serial('001-systemexit-in-callback: whatever is thrown is an error of the run', (t) => {
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  const { calls } = scenario('001-systemexit-in-callback').observed;
  const thrown = [undefined, 'exit', Object.create(null)];
  const callback = (_data: unknown, { numberOfRuns }: { numberOfRuns: number }): never => {
    throw thrown[numberOfRuns - 1];
  };
  const worker = BackgroundWorkerPool.newWorker(0.05, callback, { maxCount: calls }).start();
  clock.advance(1000);
  t.is(worker.numberOfRuns, calls);
  t.is(log.filter(([level]) => level === 'ERROR').length, calls);
});
