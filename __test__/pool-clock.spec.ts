// Which clock the pool runs on, and actors for an instant of the wall clock.
import test from 'ava';
import { BackgroundWorkerPool, ManualClock, Scheduler } from '../src/index.ts';
import { EPOCH_MS, poolInRealTime, poolOnManualClock } from './fixtures/pool-on-manual-clock.ts';
import { SettableWallClock } from './fixtures/settable-wall-clock.ts';

const EPOCH_SECONDS = EPOCH_MS / 1000;

for (const [what, at] of [
  ['a Date', new Date(EPOCH_MS + 2000)],
  ['an ISO string', '2030-01-01T00:00:02Z'],
  ['UTC seconds', EPOCH_SECONDS + 2],
  ['a Temporal instant', { epochMilliseconds: EPOCH_MS + 2000 }],
] as const) {
  test.serial(`an actor at ${what} runs at that instant`, (t) => {
    const clock = poolOnManualClock(t);
    const ran: number[] = [];
    const actor = BackgroundWorkerPool.newActor(() => ran.push(clock.now()), { at }).start();
    t.is(actor.nextRunTime, EPOCH_SECONDS + 2);
    clock.advance(5000);
    t.deepEqual(ran, [2000]);
  });
}

for (const [what, options] of [
  ['at in the past', { at: EPOCH_SECONDS - 100 }],
  ['at 0, which counts as none', { at: 0 }],
  ['a negative delay', { delay: -5 }],
  ['no options', {}],
  ['at now with an explicit delay of 0', { at: EPOCH_SECONDS, delay: 0 }],
] as const) {
  test.serial(`an actor with ${what} runs at once`, (t) => {
    const clock = poolOnManualClock(t);
    let runs = 0;
    BackgroundWorkerPool.newActor(() => runs++, options).start();
    clock.advance(0);
    t.is(runs, 1);
  });
}

test.serial('an actor keeps its instant when the wall clock is set', (t) => {
  const clock = new SettableWallClock({ wallEpochMs: EPOCH_MS });
  BackgroundWorkerPool.useClock(clock);
  t.teardown(() => BackgroundWorkerPool.useClock(undefined));
  const ran: number[] = [];
  BackgroundWorkerPool.newActor(() => ran.push(clock.now()), { at: EPOCH_SECONDS + 60 }).start();
  clock.setWallClockBy(20_000);
  clock.advance(100_000);
  t.deepEqual(ran, [40_000]);
});

test.serial('the clock cannot be changed while workers run', (t) => {
  poolOnManualClock(t);
  const worker = BackgroundWorkerPool.newWorker(1, () => {}).start();
  const error = { code: 'BACKBEAT_CLOCK_IN_USE' };
  t.throws(() => BackgroundWorkerPool.useClock(undefined), error);
  t.throws(() => BackgroundWorkerPool.useClock(new ManualClock()), error);
  worker.stop();
  t.notThrows(() => BackgroundWorkerPool.useClock(new ManualClock()));
});

test.serial('a clock that drives a scheduler cannot drive the pool too', (t) => {
  const clock = new ManualClock();
  const scheduler = new Scheduler({ clock });
  t.throws(() => BackgroundWorkerPool.useClock(clock), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  scheduler.close();
  t.notThrows(() => BackgroundWorkerPool.useClock(clock));
  BackgroundWorkerPool.useClock(undefined);
});

test.serial('a refused clock leaves the pool as it was', (t) => {
  const clock = poolOnManualClock(t);
  const taken = new ManualClock();
  new Scheduler({ clock: taken });
  t.throws(() => BackgroundWorkerPool.useClock(taken));
  t.throws(() => BackgroundWorkerPool.useClock({} as never), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  let runs = 0;
  BackgroundWorkerPool.newWorker(1, () => runs++).start();
  clock.advance(1000);
  t.is(runs, 2);
});

test.serial('a worker made under one clock starts under another', (t) => {
  const worker = BackgroundWorkerPool.newActor(() => runs++, { delay: 1, dispose: false });
  let runs = 0;
  const clock = poolOnManualClock(t);
  worker.start();
  clock.advance(1000);
  t.is(runs, 1);
});

test.serial('a clock may be taken again after it was given back', (t) => {
  const clock = new ManualClock();
  t.teardown(() => BackgroundWorkerPool.useClock(undefined));
  const ran: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    BackgroundWorkerPool.useClock(clock);
    BackgroundWorkerPool.newActor(() => ran.push(clock.now()), { delay: 1 }).start();
    clock.advance(1500);
    BackgroundWorkerPool.useClock(undefined);
  }
  t.deepEqual(ran, [1000, 2500, 4000]);
});

test.serial('without a manual clock the pool runs in real time', async (t) => {
  poolInRealTime(t);
  const beginMs = performance.now();
  await new Promise<void>((resolve) => {
    BackgroundWorkerPool.newActor(() => resolve(), { delay: '20ms' }).start();
  });
  t.true(performance.now() - beginMs >= 20);
});
