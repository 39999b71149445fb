// AsyncLocalStorage: a callback runs in the context in which its worker was made, in real time.
import { AsyncLocalStorage } from 'node:async_hooks';
import test from 'ava';
import { type BackgroundWorker, BackgroundWorkerPool, type WorkerOptions } from '../src/index.ts';
import { poolInRealTime, poolOnManualClock, recordLog } from './fixtures/pool-on-manual-clock.ts';

const storage = new AsyncLocalStorage<string>();

/** Contexts seen by three runs and `finished` of a worker made in `context`. */
function contextsSeen(
  context: string | undefined,
  options: WorkerOptions<undefined>,
  callback: (see: () => void) => unknown,
): Promise<unknown[]> {
  return new Promise((resolve) => {
    const seen: unknown[] = [];
    const see = (): unknown => seen.push(storage.getStore());
    const finished = (): void => {
      see();
      resolve(seen);
    };
    const all = { ...options, maxCount: 3, finished };
    const make = (): BackgroundWorker<undefined> =>
      BackgroundWorkerPool.newWorker(0.003, () => callback(see), all);
    const worker = context === undefined ? make() : storage.run(context, make);
    storage.run('of the start', () => worker.start());
  });
}

const synchronous = (see: () => void): void => see();
const asynchronous = async (see: () => void): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
  see();
};
const overrunning = (see: () => void): void => {
  see();
  const endMs = performance.now() + 5;
  while (performance.now() < endMs);
};
const failing = (): ((see: () => void) => void) => {
  let failures = 2;
  return (see) => {
    if (failures-- > 0) throw new Error('boom');
    see();
  };
};

const CASES = [
  ['a recurring worker', {}, () => synchronous],
  ['an asynchronous callback', {}, () => asynchronous],
  ['an interval after the end', { runOnTime: false }, () => synchronous],
  ['catching up', { runPastEvents: true }, () => overrunning],
  ['retries', { ignoreException: true }, failing],
] as const;

for (const [what, options, callback] of CASES) {
  test.serial(`the context of the creation is kept: ${what}`, async (t) => {
    poolInRealTime(t);
    recordLog(t);
    const seen = await contextsSeen('made here', options, callback());
    t.deepEqual(seen, ['made here', 'made here', 'made here', 'made here']);
  });

  test.serial(`without a context there is none: ${what}`, async (t) => {
    poolInRealTime(t);
    recordLog(t);
    const seen = await contextsSeen(undefined, options, callback());
    t.deepEqual(seen, [undefined, undefined, undefined, undefined]);
  });
}

test.serial('each of two workers due together has its own context', async (t) => {
  poolInRealTime(t);
  const seen: unknown[] = [];
  await new Promise<void>((resolve) => {
    const run = (): void => {
      if (seen.push(storage.getStore()) === 3) resolve();
    };
    const at = new Date(Date.now() + 20);
    const make = (): unknown => BackgroundWorkerPool.newActor(run, { at }).start();
    storage.run('a', make);
    storage.run('b', make);
    make();
  });
  t.deepEqual(seen, ['a', 'b', undefined]);
});

test.serial(
  'a context made by run() inside a callback does not reach the next callback',
  async (t) => {
    poolInRealTime(t);
    const seen: unknown[] = [];
    await new Promise<void>((resolve) => {
      const at = new Date(Date.now() + 20);
      BackgroundWorkerPool.newActor(() => storage.run('inner', () => {}), { at }).start();
      const last = (): void => {
        seen.push(storage.getStore());
        resolve();
      };
      BackgroundWorkerPool.newActor(last, { at }).start();
    });
    t.deepEqual(seen, [undefined]);
  },
);

test.serial('a context that a callback enters does not outlive its batch', async (t) => {
  poolInRealTime(t);
  const seen: unknown[] = [];
  await new Promise<void>((resolve) => {
    BackgroundWorkerPool.newActor(() => storage.enterWith('entered'), { delay: '2ms' }).start();
    const last = (): void => {
      seen.push(storage.getStore());
      resolve();
    };
    BackgroundWorkerPool.newActor(last, { delay: '30ms' }).start();
  });
  t.deepEqual(seen, [undefined]);
});

test.serial('the context is kept on a manual clock too', (t) => {
  const clock = poolOnManualClock(t);
  const seen: unknown[] = [];
  storage.run('made here', () =>
    BackgroundWorkerPool.newActor(() => seen.push(storage.getStore())).start(),
  );
  storage.run('of the test', () => clock.advance(1));
  t.deepEqual(seen, ['made here']);
});
