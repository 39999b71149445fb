// Stopping jobs: before they start, while they run and heed it, while they do not.
import test from 'ava';
import { BackgroundWorkerPool, JobStoppedError, jobSignal, task } from '../src/index.ts';
import { newGate, open, opened, openings, waitAt } from './fixtures/job-gates.mjs';
import { jobPool, recordJobLog } from './fixtures/job-pool.ts';

const { runJob } = BackgroundWorkerPool;
const TASKS = new URL('fixtures/job-tasks.mjs', import.meta.url);
const inModule = <A extends unknown[], R>(name: string) => task<(...args: A) => R>(TASKS, name);

/** Blocks its thread until the second gate opens, and says at the first that it runs. */
const blockAt = inModule<[began: number, gate: number], string>('blockAt');
/** As `blockAt`, but in the event loop. */
const waitFor = inModule<[began: number, gate: number], Promise<string>>('waitFor');
/** Opens the gate and never ends. */
const spinForEver = inModule<[began: number], void>('spinForEver');
/** Opens the gate and goes on until it is stopped, without going back to the event loop. */
const spinUntilStopped = inModule<[began: number], string>('spinUntilStopped');
/** Opens the gate and goes on until its signal throws. */
const searchUntilStopped = inModule<[began: number], never>('searchUntilStopped');
/** Opens the gate and ends when its signal is aborted. */
const awaitStop = inModule<[began: number], Promise<string>>('awaitStop');

test.serial('a job that has not started never does', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate, ran] = [newGate(), newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const job = runJob(inModule<[number], void>('openGate'), { args: [ran] });
  const failure = t.throwsAsync(job.result, { instanceOf: JobStoppedError });
  t.is(job.stop(), job);
  t.false(job.running);
  t.like(await failure, { code: 'BACKBEAT_JOB_STOPPED', wasRunning: false });
  open(gate);
  await blocker.result;
  await runJob(() => undefined).result;
  t.is(openings(ran), 0);
});

test.serial('of a thousand that wait, exactly the stopped ones do not run', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const jobs = Array.from({ length: 1000 }, (_, n) => runJob((it: number) => it, { args: [n] }));
  const ends = Promise.allSettled(jobs.map(({ result }) => result));
  for (const [n, job] of jobs.entries()) if (n % 3 === 0) job.stop();
  open(gate);
  const came = (await ends).map((end) => (end.status === 'fulfilled' ? end.value : 'stopped'));
  t.deepEqual(
    came,
    jobs.map((_, n) => (n % 3 === 0 ? 'stopped' : n)),
  );
  await blocker.result;
});

test.serial('a running job that heeds its signal ends by itself', async (t) => {
  jobPool(t);
  const began = newGate();
  const job = runJob(awaitStop, { args: [began] });
  await opened(began);
  job.stop();
  t.is(await job.result, 'heeded');
});

test.serial('code that never returns to the loop learns of the stop by asking', async (t) => {
  jobPool(t);
  const began = newGate();
  const job = runJob(spinUntilStopped, { args: [began] });
  await opened(began);
  job.stop();
  t.is(await job.result, 'heeded');
});

for (const isRunning of [false, true]) {
  const when = isRunning ? 'while it runs' : 'before it starts';
  test.serial(`a search that throws its stop: stopped ${when}, it rejects`, async (t) => {
    jobPool(t, { maxThreads: 1, grace: '1h' });
    const [began, gate, searches] = [newGate(), newGate(), newGate()];
    const blocker = isRunning ? undefined : runJob(blockAt, { args: [began, gate] });
    if (blocker !== undefined) await opened(began);
    const job = runJob(searchUntilStopped, { args: [searches] });
    if (isRunning) await opened(searches);
    const failure = t.throwsAsync(job.stop().result, { instanceOf: JobStoppedError });
    t.like(await failure, { code: 'BACKBEAT_JOB_STOPPED', wasRunning: isRunning });
    open(gate);
    await blocker?.result;
    t.is(openings(searches), isRunning ? 1 : 0);
  });
}

test.serial('a job that does not heed its stop ends with its thread', async (t) => {
  jobPool(t, { grace: '20ms' });
  const began = newGate();
  const job = runJob(spinForEver, { args: [began] });
  await opened(began);
  job.stop();
  const error = await t.throwsAsync(job.result, { instanceOf: JobStoppedError });
  t.like(error, { wasRunning: true });
});

test.serial('the hard end of a job leaves its neighbours alone', async (t) => {
  jobPool(t, { grace: '20ms', maxThreads: 2 });
  const [began, neighbourBegan, gate] = [newGate(), newGate(), newGate()];
  const job = runJob(spinForEver, { args: [began] });
  await opened(began);
  const neighbour = runJob(waitFor, { args: [neighbourBegan, gate] });
  await opened(neighbourBegan);
  const waiting = Array.from({ length: 20 }, (_, n) => runJob((it: number) => it, { args: [n] }));
  job.stop();
  await t.throwsAsync(job.result, { instanceOf: JobStoppedError });
  open(gate);
  t.is(await neighbour.result, 'went on');
  const came = await Promise.all(waiting.map(({ result }) => result));
  t.deepEqual(
    came,
    came.map((_, n) => n),
  );
});

test.serial('after a hard end jobs run again', async (t) => {
  jobPool(t, { grace: 0, maxThreads: 1 });
  const began = newGate();
  const job = runJob(spinForEver, { args: [began] });
  await opened(began);
  await t.throwsAsync(job.stop().result, { instanceOf: JobStoppedError });
  t.is(await runJob(() => 'again').result, 'again');
});

test.serial('a second stop changes nothing', async (t) => {
  jobPool(t);
  const began = newGate();
  const job = runJob(awaitStop, { args: [began] });
  await opened(began);
  job.stop().stop();
  t.is(await job.result, 'heeded');
});

test.serial('to stop a job that has ended changes nothing', async (t) => {
  jobPool(t);
  const job = runJob(() => 'ended');
  await job.result;
  job.stop();
  t.is(await job.result, 'ended');
});

test.serial('a stop does not reach the next job on the thread', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const began = newGate();
  const job = runJob(awaitStop, { args: [began] });
  await opened(began);
  job.stop();
  await job.result;
  const isAborted = runJob(inModule<[], boolean | undefined>('isStopped'));
  t.is(await isAborted.result, false);
});

test.serial('the stop of a job whose result nobody asked for is no error in the log', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const log = recordJobLog(t);
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  runJob(() => undefined).stop();
  open(gate);
  await blocker.result;
  t.deepEqual(log, []);
});

test.serial('jobSignal outside of a job is undefined', (t) => {
  t.is(jobSignal(), undefined);
});

test.serial('what a job leaves on its thread has no signal when the job is over', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const gone = newGate();
  await runJob(inModule<[number], void>('leaveTimer'), { args: [gone] }).result;
  await opened(gone);
  t.pass();
});

test.serial('a job that waits keeps its signal while one that a port brings runs', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const [began, gate] = [newGate(), newGate()];
  const waitWithSignal = inModule<[number, number], Promise<boolean>>('waitWithSignal');
  const job = runJob(waitWithSignal, { args: [began, gate] });
  await opened(began);
  await runJob((it: Int32Array) => Atomics.add(it, 0, 1), { args: [words] }).result;
  open(gate);
  t.true(await job.result);
});

test.serial('a signal that is aborted already throws at the call', (t) => {
  jobPool(t);
  const reason = new Error('too late');
  t.throws(() => runJob(() => undefined, { signal: AbortSignal.abort(reason) }), { is: reason });
});

test.serial('a signal that is aborted before the start drops the job', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const controller = new AbortController();
  const job = runJob(() => undefined, { signal: controller.signal });
  const reason = new Error('changed my mind');
  controller.abort(reason);
  const error = await t.throwsAsync(job.result, { instanceOf: JobStoppedError });
  t.like(error, { wasRunning: false, cause: reason });
  open(gate);
  await blocker.result;
});

test.serial('a signal that is aborted during the run reaches the job', async (t) => {
  jobPool(t);
  const began = newGate();
  const controller = new AbortController();
  const job = runJob(awaitStop, { args: [began], signal: controller.signal });
  await opened(began);
  controller.abort();
  t.is(await job.result, 'heeded');
});

test.serial('a job that has ended lets go of its signal', async (t) => {
  jobPool(t);
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>): void => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>): void => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  await runJob(() => undefined, { signal }).result;
  t.is(listeners, 0);
});

test.serial('a time-out stops a job', async (t) => {
  jobPool(t, { grace: 0 });
  const began = newGate();
  const job = runJob(spinForEver, { args: [began], timeout: '50ms' });
  const error = await t.throwsAsync(job.result, { instanceOf: JobStoppedError });
  t.regex(error?.message ?? '', /longer than 50 ?ms/);
});

test.serial('a time-out counts while the job waits for a thread', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const job = runJob(() => undefined, { timeout: '10ms' });
  t.like(await t.throwsAsync(job.result), { code: 'BACKBEAT_JOB_STOPPED', wasRunning: false });
  open(gate);
  await blocker.result;
});

test.serial('a job within its time-out is left alone', async (t) => {
  jobPool(t);
  t.is(await runJob(() => 'in time', { timeout: '1h' }).result, 'in time');
});

test.serial('higher priorities start first, equal ones in order', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const priorities = [0, -5, 100, 0, 7, -100, 7];
  const rank = inModule<[], number>('countUp');
  const jobs = priorities.map((priority) => runJob(rank, { priority }));
  open(gate);
  await blocker.result;
  const ranks = await Promise.all(jobs.map(({ result }) => result));
  const order = priorities.map((_, at) => at).toSorted((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0));
  t.deepEqual(order, [2, 4, 6, 0, 3, 1, 5]);
});

test.serial('a job that a port carries can be stopped while it waits', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const job = runJob((it: Int32Array) => Atomics.add(it, 0, 1), { args: [words] });
  const failure = t.throwsAsync(job.result, { instanceOf: JobStoppedError });
  job.stop();
  open(gate);
  await blocker.result;
  t.like(await failure, { wasRunning: false });
  t.is(words[0], 0);
});

test.serial('a job that a port carries can be stopped behind one that waits', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const before = runJob(() => 'before');
  const job = runJob((it: Int32Array) => Atomics.add(it, 0, 1), { args: [words] });
  const failure = t.throwsAsync(job.result, { instanceOf: JobStoppedError });
  job.stop();
  open(gate);
  t.deepEqual(await Promise.all([blocker.result, before.result]), ['went on', 'before']);
  t.like(await failure, { wasRunning: false });
  await runJob((it: Int32Array) => Atomics.load(it, 0), { args: [words] }).result;
  t.is(words[0], 0);
});

test.serial('waiting at a gate in a carried function', async (t) => {
  jobPool(t);
  const gate = newGate();
  open(gate);
  t.is(await runJob(waitAt, { args: [gate] }).result, undefined);
});
