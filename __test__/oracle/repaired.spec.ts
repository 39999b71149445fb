// What the original does wrong, done right: each test runs a recorded bug and wants the opposite.
import test from 'ava';
import { BackgroundWorker, BackgroundWorkerPool, InvalidArgumentError } from '../../src/index.ts';
import {
  EPOCH_MS,
  poolInRealTime,
  poolOnManualClock,
  recordLog,
} from '../fixtures/pool-on-manual-clock.ts';
import { scenario } from './recorded.ts';
import { replayExactly } from './replay.ts';

test.serial('001-actor-restart-dispose-on: a disposed actor that is started again runs', (t) => {
  const clock = poolOnManualClock(t);
  let runs = 0;
  const actor = BackgroundWorkerPool.newActor(() => runs++);
  for (let start = 0; start < 2; start++) {
    actor.start();
    t.true(BackgroundWorkerPool.backgroundWorkers.has(actor.id));
    clock.advance(10);
  }
  t.is(runs, 2);
  t.false(actor.running);
});

for (const made of ['newActor', 'newWorker', 'constructor'] as const) {
  test.serial(`001-finished-via-factory: called once after the last run, ${made}`, (t) => {
    const clock = poolOnManualClock(t);
    const seen: unknown[] = [];
    const finished = (_data: unknown, worker: BackgroundWorker<undefined>): void => {
      const inPoolInFinished = BackgroundWorkerPool.backgroundWorkers.has(worker.id);
      const { running: runningInFinished, numberOfRuns: runsInFinished } = worker;
      seen.push({ runningInFinished, inPoolInFinished, runsInFinished });
    };
    const worker =
      made === 'newActor'
        ? BackgroundWorkerPool.newActor<undefined>(() => {}, { finished })
        : made === 'newWorker'
          ? BackgroundWorkerPool.newWorker<undefined>(1, () => {}, { finished, maxCount: 2 })
          : new BackgroundWorker<undefined>(1, () => {}, { finished, maxCount: 2 });
    worker.start();
    clock.advance(5000);
    const { calls, ...recorded } = scenario('001-finished-via-factory').observed.constructor;
    const runsInFinished = made === 'newActor' ? 1 : recorded.runsInFinished;
    t.is(seen.length, calls);
    t.deepEqual(seen, [{ ...recorded, runsInFinished }]);
  });
}

test.serial('001-pause-race: a pause while a run is ending is never lost', async (t) => {
  const { inputs } = scenario('001-pause-race');
  const clock = poolOnManualClock(t);
  let ranAfterPause = 0;
  for (let trial = 0; trial < inputs.trials; trial++) {
    let runs = 0;
    const endOfRun = (): Promise<void> =>
      new Promise((resolve) => {
        BackgroundWorkerPool.newActor(() => resolve(), { delay: '2ms' }).start();
      });
    const callback = (): Promise<void> => {
      runs++;
      return endOfRun();
    };
    const worker = BackgroundWorkerPool.newWorker('4ms', callback, { runOnTime: false }).start();
    // From before the end of the run to behind it.
    await clock.advanceAsync(1 + (trial % 20) / 10);
    worker.pause();
    const runsAtPause = runs;
    await clock.advanceAsync(15);
    if (runs !== runsAtPause) ranAfterPause++;
    worker.stop();
  }
  t.is(ranAfterPause, 0);
});

test.serial('001-unpause-twice: unpause without a pause changes nothing', (t) => {
  const { startsUnits } = replayExactly(scenario('001-unpause-twice'), poolOnManualClock(t));
  t.deepEqual(startsUnits, [0, 1, 2, 3]);
});

test.serial('001-find-running-filter: false finds those that do not run', (t) => {
  poolOnManualClock(t);
  const { inputs, observed } = scenario('001-find-running-filter');
  for (const [name, state] of Object.entries(inputs.workers)) {
    const worker = BackgroundWorkerPool.newWorker(60, () => {}, { name });
    if (state === 'started') worker.start();
  }
  const found = (running?: boolean): unknown[] =>
    BackgroundWorkerPool.findWorkers(undefined, running).map(({ name }) => name);
  t.deepEqual([found(), found(true), found(false)], [observed.None, observed.True, ['n']]);
});

test.serial('001-interval-negative: refused at the call', (t) => {
  const { interval } = scenario('001-interval-negative').inputs.worker;
  const error = t.throws(() => BackgroundWorkerPool.newWorker(interval, () => {}), {
    instanceOf: InvalidArgumentError,
  });
  t.is(error.value, interval);
});

test.serial('001-at-late-start: a late start keeps the instant', (t) => {
  const { inputs, ideal } = scenario('001-at-late-start');
  const clock = poolOnManualClock(t);
  const unitMs = inputs.unitSeconds * 1000;
  const startsUnits: number[] = [];
  const at = new Date(EPOCH_MS + 3 * unitMs);
  const actor = BackgroundWorkerPool.newActor(() => startsUnits.push(clock.now() / unitMs), { at });
  clock.advance(2 * unitMs);
  actor.start();
  clock.advance(10 * unitMs);
  t.deepEqual(startsUnits, [ideal.documentedStartUnits]);
});

test.serial(
  '001-stale-timer-early: a stop at the moment of firing lets nobody run early',
  async (t) => {
    poolInRealTime(t);
    let ranEarly = 0;
    const far = BackgroundWorkerPool.newActor(() => ranEarly++, { delay: 60 }).start();
    for (let trial = 0; trial < 200; trial++) {
      const near = BackgroundWorkerPool.newActor(() => {}, { delay: '2ms' }).start();
      const stopAtMs = performance.now() + 1.9 + (trial % 10) / 50;
      while (performance.now() < stopAtMs);
      near.stop();
    }
    await new Promise<void>((resolve) => {
      BackgroundWorkerPool.newActor(() => resolve(), { delay: '50ms' }).start();
    });
    t.is(ranEarly, 0);
    t.true(far.running);
  },
);

test.serial('001-stale-timer-early-forced: the next entry runs at its own time', (t) => {
  const clock = poolOnManualClock(t);
  const { observed } = scenario('001-stale-timer-early-forced');
  const ranAtSeconds: number[] = [];
  const first = BackgroundWorkerPool.newActor(() => t.fail(), { delay: '50ms' }).start();
  const run = (): unknown => ranAtSeconds.push(clock.now() / 1000);
  BackgroundWorkerPool.newActor(run, { delay: observed.BDueSeconds }).start();
  clock.elapse(60);
  first.stop();
  clock.advance(100_000);
  t.deepEqual(ranAtSeconds, [observed.BDueSeconds]);
});

test.serial('001-callback-without-name: its errors are logged', (t) => {
  const { inputs, observed } = scenario('001-callback-without-name');
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  let calls = 0;
  const callback = Object.defineProperty(
    () => {
      calls++;
      throw new Error('boom');
    },
    'name',
    { value: Symbol('no text') },
  );
  const { maxCount } = inputs.worker;
  const worker = BackgroundWorkerPool.newWorker(0.1, callback, { maxCount }).start();
  clock.advance(1000);
  t.is(calls, observed.calls);
  t.is(worker.numberOfRuns, observed.numberOfRuns);
  t.is(log.filter(([level]) => level === 'ERROR').length, 3);
  t.false(worker.running);
});

test.serial('001-concurrent-find: the pool may change while it is walked', (t) => {
  poolOnManualClock(t);
  const make = (name: string): unknown => BackgroundWorkerPool.newWorker(1, () => {}, { name });
  for (let at = 0; at < 600; at++) make(`old-${at}`);
  const seen: unknown[] = [];
  for (const [, worker] of BackgroundWorkerPool.backgroundWorkers) {
    seen.push(worker.name);
    if (seen.length === 1) BackgroundWorkerPool.removeWorkers('old-?');
    if (seen.length === 2) make('new');
    t.true(BackgroundWorkerPool.findWorkers('old-*').length >= 590);
    if (seen.length > 700) break;
  }
  t.true(seen.length >= 590 && seen.length <= 601);
});

test.serial('001-balance-default-dies: a lone quick worker goes on, and later actors run', (t) => {
  const { inputs } = scenario('001-balance-default-dies');
  const clock = poolOnManualClock(t);
  const { intervalMs, ...options } = inputs.worker;
  let runs = 0;
  let actorStartedLaterRan = 0;
  BackgroundWorkerPool.newWorker(intervalMs / 1000, () => runs++, options).start();
  clock.advance(inputs.observeSeconds * 1000 - 1);
  BackgroundWorkerPool.newActor(() => actorStartedLaterRan++).start();
  clock.advance(0);
  t.is(runs, (inputs.observeSeconds * 1000) / intervalMs);
  t.is(actorStartedLaterRan, 1);
});
