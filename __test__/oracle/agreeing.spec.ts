// Recorded contracts other than the plain timing of one worker: ours must do the same.
import test from 'ava';
import { BackgroundWorkerPool, InvalidArgumentError } from '../../src/index.ts';
import {
  EPOCH_MS,
  poolInRealTime,
  poolOnManualClock,
  recordLog,
} from '../fixtures/pool-on-manual-clock.ts';
import { scenario } from './recorded.ts';

test.serial('001-actor-at-and-delay: both together are refused', (t) => {
  poolOnManualClock(t);
  const { delay } = scenario('001-actor-at-and-delay').inputs.newActor;
  const at = EPOCH_MS / 1000 + 1;
  t.throws(() => BackgroundWorkerPool.newActor(() => {}, { at, delay }), {
    instanceOf: InvalidArgumentError,
    message: /at must be absent when a delay is given/,
  });
});

test.serial('001-actor-restart-dispose-off: a finished actor runs again', (t) => {
  const { inputs, observed } = scenario('001-actor-restart-dispose-off');
  const clock = poolOnManualClock(t);
  let totalCallbackRuns = 0;
  const actor = BackgroundWorkerPool.newActor(() => totalCallbackRuns++, inputs.actor);
  for (let start = 0; start < 2; start++) {
    actor.start();
    clock.advance(10);
  }
  const { numberOfRuns, running } = actor;
  t.deepEqual({ totalCallbackRuns, numberOfRuns, running }, observed);
});

test.serial('001-stop-idempotent: returns the worker, logs once', (t) => {
  const { observed } = scenario('001-stop-idempotent');
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  let runs = 0;
  const options = { name: 'w', startWithDelay: true };
  const worker = BackgroundWorkerPool.newWorker(0.1, () => runs++, options);
  const returnsSelf = [worker.stop() === worker];
  const logsAfterFirstStop = log.length;
  const inPoolAfterStopBeforeStart = BackgroundWorkerPool.backgroundWorkers.has(worker.id);
  worker.start();
  returnsSelf.push(worker.stop() === worker);
  const logged = log.length;
  returnsSelf.push(worker.stop() === worker);
  const logsAddedBySecondStop = log.length - logged;
  clock.advance(1000);
  t.deepEqual(
    {
      returnsSelf,
      logsAfterFirstStop,
      inPoolAfterStopBeforeStart,
      logs: log,
      logsAddedBySecondStop,
      runs,
    },
    observed,
  );
});

for (const [key, dispose] of [
  ['disposeTrue', true],
  ['disposeFalse', false],
] as const) {
  test.serial(`001-stop-in-callback: no more runs, ${key}`, (t) => {
    const clock = poolOnManualClock(t);
    let callbackRuns = 0;
    const callback = (_data: undefined, self: { stop(): unknown }): boolean => {
      callbackRuns++;
      self.stop();
      return true;
    };
    const worker = BackgroundWorkerPool.newWorker(1, callback, { dispose }).start();
    clock.advance(5000);
    t.deepEqual(
      {
        callbackRuns,
        running: worker.running,
        inPool: BackgroundWorkerPool.backgroundWorkers.has(worker.id),
      },
      scenario('001-stop-in-callback').observed[key],
    );
  });
}

test.serial('001-pause-unpause: running while paused', (t) => {
  poolOnManualClock(t);
  const { observed } = scenario('001-pause-unpause');
  const worker = BackgroundWorkerPool.newWorker(1, () => {}).start();
  const returnsSelf = [worker.pause() === worker];
  const runningWhilePaused = worker.running;
  const foundRunningWhilePaused = BackgroundWorkerPool.findWorkers(undefined, true).length;
  returnsSelf.push(worker.unpause() === worker);
  t.deepEqual(
    { returnsSelf, runningWhilePaused, foundRunningWhilePaused },
    {
      returnsSelf: observed.returnsSelf,
      runningWhilePaused: observed.runningWhilePaused,
      foundRunningWhilePaused: observed.foundRunningWhilePaused,
    },
  );
});

for (const [pattern, names] of scenario('001-wildcards').observed.matches) {
  test.serial(`001-wildcards: ${JSON.stringify(pattern)} finds the same names`, (t) => {
    poolOnManualClock(t);
    for (const name of scenario('001-wildcards').inputs.names) {
      BackgroundWorkerPool.newWorker(1, () => {}, name === null ? {} : { name });
    }
    const found = BackgroundWorkerPool.findWorkers(pattern ?? undefined);
    t.deepEqual(
      found.map(({ name }) => name ?? null),
      names,
    );
  });
}

test.serial('001-order-random-delays: in order of due time, none early', async (t) => {
  poolInRealTime(t);
  const { inputs } = scenario('001-order-random-delays');
  const count: number = inputs.actors;
  const ran: { delayMs: number; dueMs: number }[] = [];
  const earlyBy: number[] = [];
  let armedMs = 0;
  await new Promise<void>((resolve) => {
    for (let at = 0; at < count; at++) {
      const delayMs = 5 * (((at * 37) % count) + 1);
      const dueMs = performance.now() + delayMs;
      const run = (): void => {
        earlyBy.push(dueMs - performance.now());
        if (ran.push({ delayMs, dueMs }) === count) resolve();
      };
      BackgroundWorkerPool.newActor(run, { delay: delayMs / 1000 }).start();
    }
    armedMs = performance.now();
  });
  // Where the machine stood still between two arms, the later one is due by so much later; and arms of
  // a burst may count from its end.
  const isAfterAll = ran.map(({ delayMs }, at) =>
    ran.slice(0, at).every((before) => before.dueMs <= armedMs + delayMs),
  );
  t.deepEqual(isAfterAll, Array(count).fill(true));
  t.true(Math.max(...earlyBy) <= 0);
});

test.serial('001-sequence-two-workers: both keep their grids on one timer', (t) => {
  const { inputs, ideal } = scenario('001-sequence-two-workers');
  const clock = poolOnManualClock(t);
  const unitMs = inputs.unitSeconds * 1000;
  const starts: Record<string, number[]> = {};
  for (const name of ['a', 'b']) {
    const { intervalUnits, maxCount } = inputs.workers[name];
    const at: number[] = [];
    starts[name] = at;
    const interval = intervalUnits * inputs.unitSeconds;
    const run = (): unknown => at.push(Number((clock.now() / unitMs).toFixed(6)));
    BackgroundWorkerPool.newWorker(interval, run, { maxCount }).start();
  }
  clock.advance(10 * unitMs);
  t.deepEqual(starts, ideal);
});

test.serial('001-actor-kwargs-keep: every run gets the arguments of start, unchanged', (t) => {
  const { inputs, observed } = scenario('001-actor-kwargs-keep');
  const clock = poolOnManualClock(t);
  const got: number[] = [];
  const callback = (_data: undefined, _worker: unknown, x: number): void => {
    got.push(x);
    x = 2;
  };
  const { maxCount } = inputs.worker;
  BackgroundWorkerPool.newWorker(0.05, callback, { maxCount }).start(inputs.startArgs.x);
  clock.advance(1000);
  t.deepEqual(got, observed.got);
});
