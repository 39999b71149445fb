// parallelise when jobs fail, are stopped, or take their thread along.
import test from 'ava';
import {
  BackgroundWorkerPool,
  BgException,
  type JobProgress,
  jobSignal,
  parallelise,
  TaskImportError,
  ThreadLostError,
  task,
  UncloneableError,
} from '../src/index.ts';
import { SharedSteps } from './fixtures/shared-steps.ts';

const jobs = new URL('./fixtures/fan-out-jobs.mjs', import.meta.url);

test.serial(
  'the exception has the error of the thread, whole, and the stack of the caller',
  async (t) => {
    const func = task<(jobId: number) => Promise<void>>(jobs, 'failsWithDetail');
    const error = await t.throwsAsync<BgException>(parallelise(func, 3, { numThreads: 1 }));
    t.is(error?.name, 'BgException');
    t.is(error?.code, 'BACKBEAT_BG_EXCEPTION');
    const cause = error?.excInfo as Error & { detail?: unknown };
    t.is(cause, error?.cause as Error & { detail?: unknown });
    t.is(cause.constructor.name, 'TellingError');
    t.deepEqual(cause.detail, { jobId: 0 });
    t.regex(error?.stack ?? '', /fan-out-failures\.spec/);
  },
);

test.serial('jobs that run are told to stop, and are over when the promise rejects', async (t) => {
  const steps = new SharedSteps();
  const func = (jobId: number, cells: Int32Array): void => {
    if (jobId === 1) {
      Atomics.wait(cells, 0, 0);
      throw new RangeError('one');
    }
    Atomics.store(cells, 0, 1);
    Atomics.notify(cells, 0);
    while (!jobSignal()?.aborted);
    Atomics.store(cells, 1, 1);
    jobSignal()?.throwIfAborted();
  };
  const promise = parallelise(func, 2, { numThreads: 2, args: [steps.cells] });
  const error = await t.throwsAsync<BgException>(promise);
  t.is(steps.get(1), 1);
  // One that heeds the stop has not failed.
  t.deepEqual(error?.jobIds, [1]);
});

test.serial('a job that does not heed the stop is ended with its thread', async (t) => {
  BackgroundWorkerPool.setThreads({ grace: '50ms' });
  t.teardown(() => BackgroundWorkerPool.setThreads({ grace: 1 }));
  const steps = new SharedSteps();
  const func = (jobId: number, cells: Int32Array): void => {
    if (jobId === 0) {
      Atomics.store(cells, 0, 1);
      Atomics.notify(cells, 0);
      for (;;) Atomics.add(cells, 1, 1);
    }
    Atomics.wait(cells, 0, 0);
    throw new RangeError('one');
  };
  const promise = parallelise(func, 2, { numThreads: 2, args: [steps.cells] });
  const error = await t.throwsAsync<BgException>(promise);
  t.deepEqual(error?.jobIds, [1]);
  const counted = steps.get(1);
  await new Promise((resolve) => setImmediate(resolve));
  t.is(steps.get(1), counted);
});

test.serial('a signal stops everything', async (t) => {
  const steps = new SharedSteps();
  const controller = new AbortController();
  const func = (_jobId: number, cells: Int32Array): void => {
    Atomics.add(cells, 0, 1);
    while (!jobSignal()?.aborted);
  };
  const { signal } = controller;
  const promise = parallelise(func, 100, { numThreads: 2, args: [steps.cells], signal });
  await steps.reached(0, 2);
  const reason = new RangeError('enough');
  controller.abort(reason);
  t.is(await t.throwsAsync(promise), reason);
  t.is(steps.get(0), 2);
});

test.serial('a signal that is aborted before the threads are up gives its reason', async (t) => {
  const controller = new AbortController();
  const { signal } = controller;
  const promise = parallelise((jobId: number) => jobId, 100, { numThreads: 8, signal });
  controller.abort(new RangeError('at once'));
  await t.throwsAsync(promise, { instanceOf: RangeError, message: 'at once' });
});

test.serial('a job that fails while other threads are coming up is what is thrown', async (t) => {
  // One thread is warm, the others are not.
  await parallelise((jobId: number) => jobId, 1);
  const fails = (jobId: number): void => {
    throw new RangeError(`job ${jobId}`);
  };
  const error = await t.throwsAsync<BgException>(parallelise(fails, 8, { numThreads: 8 }));
  t.true(error instanceof BgException);
  t.is(error?.jobId, 0);
});

test.serial('a signal that was aborted before', async (t) => {
  const reason = new RangeError('before');
  const signal = AbortSignal.abort(reason);
  t.is(await t.throwsAsync(parallelise(() => {}, 1, { signal })), reason);
});

test.serial('a lost thread is a failed job, the others go on', async (t) => {
  const lines: string[] = [];
  const seen: JobProgress[] = [];
  const func = (jobId: number): number => (jobId % 10 === 3 ? process.exit(1) : jobId);
  const results = await parallelise(func, 25, {
    numThreads: 2,
    bgException: 'warn',
    logger: (_level, line) => lines.push(line),
    onProgress: (progress) => seen.push(progress),
  });
  t.deepEqual(
    results.flatMap((result, jobId) => (result === null ? [jobId] : [])),
    [3, 13, 23],
  );
  t.deepEqual(seen.at(-1), { done: 25, total: 25, failed: 3 });
  t.regex(lines.join('\n'), /ThreadLostError/);
});

test.serial('a lost thread raises', async (t) => {
  const func = (jobId: number): void => {
    if (jobId === 2) process.exit(1);
  };
  // One thread: a second one that the machine holds up for longer than the grace time is lost, too.
  const error = await t.throwsAsync<BgException>(parallelise(func, 5, { numThreads: 1 }), {
    instanceOf: BgException,
  });
  t.is(error?.jobId, 2);
  t.true(error?.cause instanceof ThreadLostError);
});

test.serial('a result that no thread can give is a failure of its job', async (t) => {
  const func = (jobId: number): unknown => (jobId === 1 ? () => jobId : jobId);
  const options = { numThreads: 1, bgException: 'warn', logger: () => {} } as const;
  t.deepEqual(await parallelise(func, 4, options), [0, null, 2, 3]);
  const error = await t.throwsAsync<BgException>(parallelise(func, 4));
  t.true(error?.cause instanceof UncloneableError);
});

test.serial('a module that is not there is no failure of a job', async (t) => {
  const missing = task(new URL('./fixtures/no-such-module.mjs', import.meta.url), 'func');
  await t.throwsAsync(parallelise(missing, 3), { instanceOf: TaskImportError });
});

test.serial('the exception of a fan-out inside a thread comes out whole', async (t) => {
  const module = new URL('../dist/index.js', import.meta.url).href;
  const func = async (_jobId: number, from: string): Promise<void> => {
    const { parallelise: inner } = await import(from);
    await inner((jobId: number) => {
      if (jobId === 4) throw new RangeError('inner');
    }, 6);
  };
  const error = await t.throwsAsync<BgException>(parallelise(func, 1, module));
  const inner = error?.cause as BgException;
  t.true(inner instanceof BgException);
  t.is(inner.jobId, 4);
  t.true(inner.excInfo instanceof RangeError);
});
