// Steering a worker from inside its own callback, in synchronous and asynchronous runs: it takes
// effect when the run is over.
import test, { type ExecutionContext } from 'ava';
import {
  type BackgroundWorker,
  BackgroundWorkerPool,
  type ManualClock,
  type WorkerOptions,
} from '../src/index.ts';
import { poolOnManualClock } from './fixtures/pool-on-manual-clock.ts';

type Worker = BackgroundWorker<undefined>;
type Act = (worker: Worker, run: number) => unknown;

const KINDS = ['synchronous', 'asynchronous'] as const;

/** Runs a worker at 100 ms that acts on itself, and gives the starts of its runs. */
async function startsWhen(
  t: ExecutionContext,
  kind: (typeof KINDS)[number],
  act: Act,
  options: WorkerOptions<undefined> = {},
): Promise<{ starts: number[]; worker: Worker; clock: ManualClock }> {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  const run = (worker: Worker): unknown => act(worker, starts.push(clock.now()));
  const callback =
    kind === 'synchronous'
      ? (_data: undefined, worker: Worker) => run(worker)
      : async (_data: undefined, worker: Worker) => {
          await Promise.resolve();
          return run(worker);
        };
  const worker = BackgroundWorkerPool.newWorker(0.1, callback, options).start();
  await clock.advanceAsync(550);
  return { starts, worker, clock };
}

for (const kind of KINDS) {
  for (const options of [{}, { runOnTime: false }, { runPastEvents: true }]) {
    const which = `${kind}, ${JSON.stringify(options)}`;

    test.serial(`stop: no further run (${which})`, async (t) => {
      const { starts, worker } = await startsWhen(t, kind, (self) => void self.stop(), options);
      t.deepEqual(starts, [0]);
      t.false(worker.running);
    });

    test.serial(`start: counts anew, one run at once and one grid (${which})`, async (t) => {
      const act: Act = (self, run) => (run === 2 ? void self.start() : undefined);
      const { starts, worker } = await startsWhen(t, kind, act, options);
      t.deepEqual(starts, [0, 100, 100, 200, 300, 400, 500]);
      t.is(worker.numberOfRuns, 5);
    });

    test.serial(`pause: no run until unpause (${which})`, async (t) => {
      const act: Act = (self, run) => (run === 2 ? void self.pause() : undefined);
      const { starts, worker, clock } = await startsWhen(t, kind, act, options);
      t.deepEqual(starts, [0, 100]);
      t.true(worker.running);
      worker.unpause();
      await clock.advanceAsync(150);
      t.deepEqual(starts, [0, 100, 650]);
    });

    test.serial(`pause and unpause: one interval from there (${which})`, async (t) => {
      const act: Act = (self) => void self.pause().unpause();
      const { starts } = await startsWhen(t, kind, act, options);
      t.deepEqual(starts, [0, 100, 200, 300, 400, 500]);
    });

    test.serial(`restart with another interval (${which})`, async (t) => {
      const act: Act = (self, run) => (run === 2 ? void self.restart('200ms') : undefined);
      const { starts, worker } = await startsWhen(t, kind, act, options);
      t.deepEqual(starts, [0, 100, 300, 500]);
      t.is(worker.interval, 0.2);
    });

    test.serial(`restart keeps the limit of maxCount (${which})`, async (t) => {
      const act: Act = (self) => void self.restart();
      const { starts, worker } = await startsWhen(t, kind, act, { ...options, maxCount: 3 });
      t.deepEqual(starts, [0, 100, 200]);
      t.false(worker.running);
    });

    test.serial(`restart and false: false stops (${which})`, async (t) => {
      const act: Act = (self) => {
        self.restart();
        return false;
      };
      const { starts, worker } = await startsWhen(t, kind, act, options);
      t.deepEqual(starts, [0]);
      t.false(worker.running);
    });

    test.serial(`workNow: nothing (${which})`, async (t) => {
      const { starts } = await startsWhen(t, kind, (self) => void self.workNow(), options);
      t.deepEqual(starts, [0, 100, 200, 300, 400, 500]);
    });

    test.serial(`stop and start: finished in between (${which})`, async (t) => {
      let finished = 0;
      const act: Act = (self, run) => (run === 1 ? void self.stop().start() : undefined);
      const withFinished = { ...options, finished: () => finished++ };
      const { starts, worker } = await startsWhen(t, kind, act, withFinished);
      t.deepEqual(starts.slice(0, 3), [0, 0, 100]);
      t.is(finished, 1);
      t.true(worker.running);
    });
  }
}

test.serial('start inside an actor runs it again', (t) => {
  const clock = poolOnManualClock(t);
  const starts: number[] = [];
  const callback = (_data: undefined, self: Worker): void => {
    if (starts.push(clock.now()) < 3) self.start();
  };
  const actor = BackgroundWorkerPool.newActor(callback, { delay: 0.1 }).start();
  clock.advance(1000);
  t.deepEqual(starts, [100, 200, 300]);
  t.false(actor.running);
});

test.serial('a removed worker finishes its run and is gone', (t) => {
  const clock = poolOnManualClock(t);
  let runs = 0;
  const callback = (): void => {
    runs++;
    BackgroundWorkerPool.removeWorkers('w');
  };
  const worker = BackgroundWorkerPool.newWorker(0.1, callback, { name: 'w' }).start();
  clock.advance(1000);
  t.is(runs, 1);
  t.is(BackgroundWorkerPool.backgroundWorkers.get(worker.id), undefined);
});
