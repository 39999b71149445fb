// Paused jobs: they keep their place and do not start before they are resumed.
import test from 'ava';
import { BackgroundWorkerPool, JobStoppedError, task } from '../src/index.ts';
import { newGate, open, opened, openings } from './fixtures/job-gates.mjs';
import { jobPool } from './fixtures/job-pool.ts';
import { runSource } from './fixtures/program-run.ts';

const { runJob } = BackgroundWorkerPool;
const TASKS = new URL('fixtures/job-tasks.mjs', import.meta.url);
const inModule = <A extends unknown[], R>(name: string) => task<(...args: A) => R>(TASKS, name);
const blockAt = inModule<[began: number, gate: number], string>('blockAt');
const openGate = inModule<[gate: number], void>('openGate');
const countUp = inModule<[], number>('countUp');

/** Keeps the only thread busy; call the returned function to free it. */
async function blockThread(): Promise<() => Promise<void>> {
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  return async () => {
    open(gate);
    await blocker.result;
  };
}

test.serial('a paused job does not start before it is resumed', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const free = await blockThread();
  const ran = newGate();
  const job = runJob(openGate, { args: [ran] });
  t.is(job.pause(), job);
  t.deepEqual([job.paused, job.running], [true, true]);
  await free();
  await runJob(() => 'another').result;
  t.is(openings(ran), 0);
  t.is(job.resume(), job);
  t.false(job.paused);
  await job.result;
  t.is(openings(ran), 1);
});

test.serial('a job that is resumed while it waits keeps its place', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const free = await blockThread();
  const [first, second, third] = [0, 1, 2].map(() => runJob(countUp));
  second?.pause().resume();
  await free();
  const ranks = await Promise.all([first, second, third].map((job) => job?.result));
  t.deepEqual(ranks, ranks.toSorted());
});

test.serial('a resumed job starts a thread when none is left', async (t) => {
  jobPool(t, { maxThreads: 1, idleTimeout: '10ms' });
  const free = await blockThread();
  const job = runJob(() => 'resumed').pause();
  await free();
  BackgroundWorkerPool.setThreads({ tasksPerThread: 1 });
  await runJob(() => undefined).result;
  t.is(await job.resume().result, 'resumed');
});

test.serial('a job that runs cannot be paused', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate] = [newGate(), newGate()];
  const job = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  t.false(job.pause().paused);
  open(gate);
  t.is(await job.result, 'went on');
});

test.serial('to pause or resume a job that has ended changes nothing', async (t) => {
  jobPool(t);
  const job = runJob(() => 'ended');
  await job.result;
  t.false(job.pause().paused);
  t.is(await job.resume().result, 'ended');
});

test.serial('a job that a port carries is not paused', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const free = await blockThread();
  const words = new Int32Array(new SharedArrayBuffer(4));
  const job = runJob((it: Int32Array) => Atomics.add(it, 0, 1), { args: [words] });
  t.false(job.pause().paused);
  await free();
  t.is(await job.result, 0);
});

test.serial('a paused job that is stopped never starts', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const free = await blockThread();
  const ran = newGate();
  const job = runJob(openGate, { args: [ran] }).pause();
  const failure = t.throwsAsync(job.stop().result, { instanceOf: JobStoppedError });
  t.deepEqual([job.paused, job.running], [false, false]);
  job.resume();
  t.like(await failure, { wasRunning: false });
  await free();
  await runJob(() => undefined).result;
  t.is(openings(ran), 0);
});

test.serial('the time-out of a paused job goes on', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const free = await blockThread();
  const job = runJob(() => undefined, { timeout: '10ms' }).pause();
  t.true(job.paused);
  t.like(await t.throwsAsync(job.result), { code: 'BACKBEAT_JOB_STOPPED', wasRunning: false });
  await free();
});

test.serial('killJobs stops paused jobs', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const free = await blockThread();
  const job = runJob(() => undefined).pause();
  const failure = t.throwsAsync(job.result, { code: 'BACKBEAT_JOB_STOPPED' });
  await free();
  await BackgroundWorkerPool.killJobs();
  await failure;
  t.deepEqual(BackgroundWorkerPool.countJobs(), [0, 0]);
});

test.serial('to block for a paused job is refused', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const free = await blockThread();
  const job = runJob(() => 'resumed').pause();
  t.throws(() => job.resultSync(), { code: 'BACKBEAT_DEADLOCK', message: /paused/ });
  await free();
  t.is(job.resume().resultSync(), 'resumed');
});

test.serial('one of many that wait, paused and resumed, all run once', async (t) => {
  jobPool(t, { maxThreads: 2 });
  const jobs = Array.from({ length: 2000 }, (_, n) => runJob((it: number) => it, { args: [n] }));
  for (const job of jobs) job.pause();
  const paused = jobs.filter((job) => job.paused);
  await Promise.all(jobs.filter((job) => !job.paused).map(({ result }) => result));
  for (const job of paused.toReversed()) job.resume();
  const came = await Promise.all(jobs.map(({ result }) => result));
  t.deepEqual(
    came,
    came.map((_, n) => n),
  );
});

test('a paused job does not hold the process', async (t) => {
  const end = await runSource(`
    BackgroundWorkerPool.setThreads({ maxThreads: 1 });
    const wait = () => new Promise((done) => setTimeout(done, 200));
    BackgroundWorkerPool.runJob(wait).result.then(() => console.log('the other is over'));
    const job = BackgroundWorkerPool.runJob(() => 1).pause();
    console.log(job.paused);
  `);
  t.like(end, { code: 0, signal: null, stderr: '', stdout: 'true\nthe other is over\n' });
});
