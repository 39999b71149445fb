// Threads that come to a bad end take no more with them than the job that they were running.
import test from 'ava';
import { BackgroundWorkerPool, ThreadLostError, task } from '../src/index.ts';
import { newGate, open, opened } from './fixtures/job-gates.mjs';
import { jobPool } from './fixtures/job-pool.ts';

const { runJob } = BackgroundWorkerPool;
const TASKS = new URL('fixtures/job-tasks.mjs', import.meta.url);
const inModule = <A extends unknown[], R>(name: string) => task<(...args: A) => R>(TASKS, name);
const blockAt = inModule<[began: number, gate: number], string>('blockAt');
const waitFor = inModule<[began: number, gate: number], Promise<string>>('waitFor');

const ENDS: readonly (readonly [string, () => unknown])[] = [
  ['process.exit(0) in a job', () => process.exit(0)],
  ['process.exit(3) in a job', () => process.exit(3)],
  ['process.exit after an await', async () => process.exit(await Promise.resolve(1))],
  [
    'an uncaught exception beside a job that waits',
    () =>
      new Promise(() => {
        setImmediate(() => {
          throw new Error('nobody catches it');
        });
      }),
  ],
  [
    'a rejection that nobody handles beside a job that waits',
    () =>
      new Promise(() => {
        Promise.reject(new Error('nobody handles it'));
      }),
  ],
];

for (const [what, end] of ENDS) {
  test.serial(`${what}: the job fails with ThreadLostError, the next one runs`, async (t) => {
    jobPool(t, { maxThreads: 1 });
    await t.throwsAsync(runJob(end).result, {
      instanceOf: ThreadLostError,
      code: 'BACKBEAT_THREAD_LOST',
    });
    t.is(await runJob(() => 'next').result, 'next');
  });
}

test.serial('ThreadLostError: cause tells what the thread died of', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const job = runJob(
    () =>
      new Promise(() => {
        setImmediate(() => {
          throw new RangeError('the reason');
        });
      }),
  );
  const error = await t.throwsAsync(job.result, { instanceOf: ThreadLostError });
  t.like(error?.cause, { message: 'the reason' });
});

test.serial('out of memory: the job fails with ThreadLostError, the next one runs', async (t) => {
  jobPool(t, { maxThreads: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } });
  const job = runJob(() => {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  });
  await t.throwsAsync(job.result, { instanceOf: ThreadLostError });
  t.is(await runJob(() => 'next').result, 'next');
});

test.serial('jobs that waited behind the lost one run on another thread', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const lost = t.throwsAsync(runJob(() => process.exit(1)).result, { instanceOf: ThreadLostError });
  const behind = Array.from({ length: 100 }, (_, n) => runJob((it: number) => it, { args: [n] }));
  open(gate);
  await Promise.all([blocker.result, lost]);
  const came = await Promise.all(behind.map(({ result }) => result));
  t.deepEqual(
    came,
    came.map((_, n) => n),
  );
});

test.serial('results from before the crash are not lost', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const before = Array.from({ length: 50 }, (_, n) => runJob((it: number) => it, { args: [n] }));
  const lost = t.throwsAsync(runJob(() => process.exit(1)).result, { instanceOf: ThreadLostError });
  open(gate);
  const came = await Promise.all(before.map(({ result }) => result));
  t.is(came.length, 50);
  await Promise.all([blocker.result, lost]);
});

test.serial('a crash on one thread does not disturb another', async (t) => {
  jobPool(t, { maxThreads: 2 });
  const [began, gate] = [newGate(), newGate()];
  const neighbour = runJob(waitFor, { args: [began, gate] });
  await opened(began);
  await t.throwsAsync(runJob(() => process.exit(1)).result, { instanceOf: ThreadLostError });
  open(gate);
  t.is(await neighbour.result, 'went on');
});

test.serial('a job that a port carried is lost like any other', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const job = runJob((it: Int32Array) => process.exit(it.length), { args: [words] });
  await t.throwsAsync(job.result, { instanceOf: ThreadLostError });
  t.is(await runJob(() => 'next').result, 'next');
});

test.serial('resultSync throws when the thread is lost', (t) => {
  jobPool(t, { maxThreads: 1 });
  const job = runJob(() => process.exit(1));
  t.throws(() => job.resultSync(), { instanceOf: ThreadLostError });
});

test.serial('twenty crashes in a row leave the pool as it was', async (t) => {
  jobPool(t, { maxThreads: 2 });
  const jobs = Array.from({ length: 20 }, () => runJob(() => process.exit(1)).result);
  const ends = await Promise.allSettled(jobs);
  t.true(ends.every((end) => end.status === 'rejected' && end.reason instanceof ThreadLostError));
  t.is(await runJob(() => 'next').result, 'next');
  t.is(BackgroundWorkerPool.countJobs()[0], 0);
});
