// The pool's log: lines, levels, and names that try to forge it.
import test from 'ava';
import { BackgroundWorkerPool, InvalidArgumentError } from '../src/index.ts';
import { runModule } from './fixtures/child-module.ts';
import { poolOnManualClock, recordLog } from './fixtures/pool-on-manual-clock.ts';

test.serial('start and stop are logged at DEBUG', (t) => {
  poolOnManualClock(t);
  const log = recordLog(t);
  BackgroundWorkerPool.newWorker(1, () => {}, { name: 'w' })
    .start()
    .stop();
  t.deepEqual(log, [
    ['DEBUG', 'Starting worker: w'],
    ['DEBUG', 'Stopping worker: w'],
  ]);
});

for (const [what, make] of [
  ['an actor', () => BackgroundWorkerPool.newActor(() => {}, { name: 'n' })],
  [
    'a counted worker',
    () => BackgroundWorkerPool.newWorker(1, () => {}, { name: 'n', maxCount: 2 }),
  ],
] as const) {
  test.serial(`${what} is called an actor`, (t) => {
    poolOnManualClock(t);
    const log = recordLog(t);
    make().start();
    t.deepEqual(log, [['DEBUG', 'Starting actor: n']]);
  });
}

test.serial('that a callback ended its worker is logged, with the reason', (t) => {
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  BackgroundWorkerPool.newWorker(1, () => false, { name: 'w' }).start();
  clock.advance(0);
  t.deepEqual(log.slice(1), [
    ['DEBUG', 'Callback ended worker: w'],
    ['DEBUG', 'Stopping worker: w'],
  ]);
});

test.serial('runs, pauses and restarts are not logged', (t) => {
  const clock = poolOnManualClock(t);
  const log = recordLog(t);
  const worker = BackgroundWorkerPool.newWorker(1, () => {}, { name: 'w' }).start();
  clock.advance(3000);
  worker.pause().unpause();
  worker.restart();
  worker.workNow();
  clock.advance(3000);
  t.is(log.length, 1);
});

test.serial('a worker without a name says so', (t) => {
  poolOnManualClock(t);
  const log = recordLog(t);
  BackgroundWorkerPool.newWorker(1, () => {}).start();
  t.deepEqual(log, [['DEBUG', 'Starting worker: (no name)']]);
});

for (const name of ['a\nERROR forged', 'a\r\nb', '\u001b[31mred', '\u0000', '\u0085', '\u009b1m']) {
  test.serial(`the name ${JSON.stringify(name)} forges nothing`, (t) => {
    const clock = poolOnManualClock(t);
    const log = recordLog(t);
    const callback = Object.defineProperty(
      () => {
        throw new Error('boom');
      },
      'name',
      { value: name },
    );
    BackgroundWorkerPool.newActor(callback, { name }).start();
    clock.advance(0);
    t.is(log.length, 3);
    for (const [, message] of log) {
      const [headline = '', ...rest] = message.split('\n');
      t.notRegex(headline, /\p{Cc}/u);
      t.false(rest.some((line) => line.startsWith('ERROR')));
    }
  });
}

test.serial('without a logger nothing is logged, and nothing fails', (t) => {
  const clock = poolOnManualClock(t);
  for (const none of [undefined, null]) {
    BackgroundWorkerPool.setLogger(none);
    const fails = (): never => {
      throw new Error('boom');
    };
    const worker = BackgroundWorkerPool.newWorker(1, fails, { maxCount: 2 }).start();
    clock.advance(2000);
    t.is(worker.numberOfRuns, 2);
  }
});

test.serial('a logger that is no function is refused', (t) => {
  const error = t.throws(() => BackgroundWorkerPool.setLogger('console' as never), {
    instanceOf: InvalidArgumentError,
  });
  t.is(error.argument, 'logger');
});

test.serial(
  'until a logger is set, errors go to standard error and nothing else does',
  async (t) => {
    const { code, stdout, stderr } = await runModule(
      `import { BackgroundWorkerPool } from 'backbeat';
     const fails = () => { throw new Error('boom'); };
     BackgroundWorkerPool.newActor(fails, { name: 'w' }).start();`,
    );
    t.is(code, 0);
    t.is(stdout, '');
    t.regex(stderr, /^ERROR Worker "w" exception during callback fails: boom\n {2}Error: boom\n/);
    t.notRegex(stderr, /Starting/);
  },
);

test.serial('a logger that throws stops no worker, and its error is not lost', async (t) => {
  const { code, stdout } = await runModule(
    `import { BackgroundWorkerPool } from 'backbeat';
     let errors = 0;
     process.on('uncaughtException', (error) => { if (error.message === 'full disk') errors++; });
     BackgroundWorkerPool.setLogger(() => { throw new Error('full disk'); });
     const worker = BackgroundWorkerPool.newWorker(0.005, () => { throw new Error('boom'); }, {
       maxCount: 3,
       finished: () => setImmediate(() => console.log(worker.numberOfRuns, worker.running, errors)),
     }).start();`,
  );
  t.is(code, 0);
  // Start, three errors, stop.
  t.is(stdout, '3 false 5\n');
});
