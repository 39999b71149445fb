// What holds the process: pending workers do, unless unref'd; an idle pool does not.
import test from 'ava';
import { BackgroundWorkerPool } from '../src/index.ts';
import { runModule } from './fixtures/child-module.ts';
import { poolOnManualClock, recordLog } from './fixtures/pool-on-manual-clock.ts';

test.serial('a worker holds the process by default', (t) => {
  poolOnManualClock(t);
  t.true(BackgroundWorkerPool.newWorker(1, () => {}).hasRef());
});

test.serial('ref: false does not', (t) => {
  poolOnManualClock(t);
  t.false(BackgroundWorkerPool.newWorker(1, () => {}, { ref: false }).hasRef());
});

test.serial('ref and unref return the worker and may be called at any time', (t) => {
  const clock = poolOnManualClock(t);
  const worker = BackgroundWorkerPool.newWorker(1, () => {});
  t.is(worker.unref(), worker);
  worker.start();
  clock.advance(1500);
  t.false(worker.hasRef());
  t.is(worker.ref(), worker);
  clock.advance(1500);
  t.true(worker.hasRef());
});

const CHILDREN: readonly (readonly [what: string, source: string, stdout: string])[] = [
  ['an idle pool', `BackgroundWorkerPool.newWorker(0.01, print);`, ''],
  [
    'an unref worker',
    `BackgroundWorkerPool.newWorker(60, print, { ref: false, startWithDelay: true }).start();`,
    '',
  ],
  ['a pending actor', `BackgroundWorkerPool.newActor(print, { delay: 0.05 }).start();`, 'ran'],
  [
    'a worker with a limit',
    `BackgroundWorkerPool.newWorker(0.01, print, { maxCount: 3 }).start();`,
    'ranranran',
  ],
  [
    'a stopped worker',
    `BackgroundWorkerPool.newWorker(60, print, { startWithDelay: true }).start().stop();`,
    '',
  ],
  [
    'a paused worker',
    `BackgroundWorkerPool.newWorker(60, print, { startWithDelay: true }).start().pause();`,
    '',
  ],
  [
    'an unref actor beside a pending one',
    `BackgroundWorkerPool.newActor(print, { delay: 60 }).start().unref();
     BackgroundWorkerPool.newActor(print, { delay: 0.05 }).start();`,
    'ran',
  ],
  [
    'an actor that got its ref back',
    `BackgroundWorkerPool.newActor(print, { delay: 0.05, ref: false }).start().ref();`,
    'ran',
  ],
  [
    'a worker unref in its own run',
    `BackgroundWorkerPool.newWorker(0.5, (data, worker) => { print(); worker.unref(); }).start();`,
    'ran',
  ],
  [
    'a failed run that waits for its next attempt, unref',
    `const fails = (data, worker) => { if (worker.numberOfRuns > 0) throw new Error('x'); };
     const worker = BackgroundWorkerPool.newActor(fails, { ignoreException: true }).start();
     BackgroundWorkerPool.newActor(() => worker.unref(), { delay: 0.05 }).start();`,
    '',
  ],
];

for (const [what, source, stdout] of CHILDREN) {
  test.serial(`the process ends by itself: ${what}`, async (t) => {
    const end = await runModule(
      `import { BackgroundWorkerPool } from 'backbeat';
       const print = () => { process.stdout.write('ran'); };
       BackgroundWorkerPool.setLogger(undefined);
       ${source}`,
    );
    t.deepEqual(end, { code: 0, stdout, stderr: '' });
  });
}

test.serial('unref during a wait between attempts is kept for the next run', (t) => {
  const clock = poolOnManualClock(t);
  recordLog(t);
  let calls = 0;
  const callback = (): void => {
    if (++calls < 6) throw new Error('boom');
  };
  const worker = BackgroundWorkerPool.newWorker(1, callback, { ignoreException: true }).start();
  clock.advance(1);
  worker.unref();
  clock.advance(3000);
  t.false(worker.hasRef());
  t.true(calls > 6);
});
