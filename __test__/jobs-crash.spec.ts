// Threads that come to a bad end take no more with them than the job that they were running.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Counts its runs, and takes its thread along in the first of them. */
const lostAtFirst = (runs: Int32Array, losses: number): number => {
  const run = Atomics.add(runs, 0, 1);
  if (run < losses) process.exit();
  return run;
};

test.serial('retries: a job whose thread is lost runs again, and the log says so', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const log: string[] = [];
  BackgroundWorkerPool.setLogger((level, message) => {
    if (level === 'WARNING') log.push(message.split(':')[0] as string);
  });
  t.teardown(() => BackgroundWorkerPool.setLogger(undefined));
  const runs = new Int32Array(new SharedArrayBuffer(4));
  const job = runJob(lostAtFirst, { name: 'frail', args: [runs, 2], retries: 3 });
  t.is(await job.result, 2);
  t.is(runs[0], 3);
  t.deepEqual(log, [
    'Job "frail" is submitted again, 2 retries left',
    'Job "frail" is submitted again, 1 retries left',
  ]);
});

test.serial('retries: when all are used up the job fails', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const runs = new Int32Array(new SharedArrayBuffer(4));
  const job = runJob(lostAtFirst, { args: [runs, 5], retries: 1 });
  await t.throwsAsync(job.result, { instanceOf: ThreadLostError });
  t.is(runs[0], 2);
});

test.serial('retries: a job that is blocked for runs again, with its arguments', (t) => {
  jobPool(t, { maxThreads: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-retries-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const mark = join(folder, 'lost');
  const job = runJob(
    (text: string) => {
      if (existsSync(mark)) return text;
      writeFileSync(mark, '');
      return process.exit();
    },
    { args: ['copied anew'], retries: 1 },
  );
  t.is(job.resultSync(), 'copied anew');
});

test.serial('retries: what a job throws itself is not tried again', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const runs = new Int32Array(new SharedArrayBuffer(4));
  const fail = (counts: Int32Array): void => {
    Atomics.add(counts, 0, 1);
    throw new RangeError('no');
  };
  await t.throwsAsync(runJob(fail, { args: [runs], retries: 3 }).result, {
    instanceOf: RangeError,
  });
  t.is(runs[0], 1);
});

test.serial('retries: a job that is stopped with its thread is not tried again', async (t) => {
  jobPool(t, { maxThreads: 1, grace: 0 });
  const began = newGate();
  const job = runJob(blockAt, { args: [began, newGate()], retries: 3 });
  await opened(began);
  await t.throwsAsync(job.stop().result, { code: 'BACKBEAT_JOB_STOPPED' });
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
