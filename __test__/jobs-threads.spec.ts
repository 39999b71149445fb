// How many threads there are and how they live.
import test from 'ava';
import { BackgroundWorkerPool, ThreadStartError, task } from '../src/index.ts';
import { laneClient } from '../src/lane/lane-client.ts';
import { native } from '../src/native.ts';
import { newGate, open, opened, openings } from './fixtures/job-gates.mjs';
import { jobPool } from './fixtures/job-pool.ts';

const { runJob } = BackgroundWorkerPool;
const TASKS = new URL('fixtures/job-tasks.mjs', import.meta.url);
const INITIALIZER = new URL('fixtures/job-initializer.mjs', import.meta.url);
const inModule = <A extends unknown[], R>(name: string) => task<(...args: A) => R>(TASKS, name);
const waitFor = inModule<[began: number, gate: number], Promise<string>>('waitFor');
const threadOf = inModule<[], number>('threadOf');

/** Runs so many jobs at once, and tells on how many threads they were at the same time. */
async function threadsFor(jobs: number, most: number): Promise<number> {
  const [began, gate] = [newGate(), newGate()];
  const all = Array.from({ length: jobs }, () => runJob(waitFor, { args: [began, gate] }));
  await opened(began, most);
  const threads = laneClient().threads.count;
  open(gate);
  await Promise.all(all.map(({ result }) => result));
  return threads;
}

for (const maxThreads of [1, 2, 5]) {
  test.serial(`ten jobs that wait, maxThreads ${maxThreads}: so many threads`, async (t) => {
    jobPool(t, { maxThreads });
    t.is(await threadsFor(10, maxThreads), maxThreads);
  });
}

test.serial('a job beside a busy thread gets a thread of its own', async (t) => {
  jobPool(t, { maxThreads: 2 });
  const [began, gate] = [newGate(), newGate()];
  const blocker = runJob(inModule<[number, number], string>('blockAt'), { args: [began, gate] });
  await opened(began);
  t.is(await runJob(() => 'beside').result, 'beside');
  t.true(blocker.running);
  open(gate);
  await blocker.result;
});

test.serial('a job beside a thread that is starting for shared memory runs', async (t) => {
  jobPool(t, { maxThreads: 2 });
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const blocker = runJob((it: Int32Array) => Atomics.wait(it, 0, 0), { args: [gate] });
  t.is(await runJob(() => 'beside').result, 'beside');
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  await blocker.result;
  t.pass();
});

test.serial('jobs one after the other use one thread again and again', async (t) => {
  jobPool(t, { maxThreads: 4 });
  const first = await runJob(threadOf).result;
  for (let n = 0; n < 20; n++) t.is(await runJob(threadOf).result, first);
});

test.serial('tasksPerThread: a thread is replaced after so many jobs', async (t) => {
  jobPool(t, { maxThreads: 1, tasksPerThread: 3 });
  const threads: number[] = [];
  for (let n = 0; n < 9; n++) threads.push(await runJob(threadOf).result);
  const counts = new Map<number, number>();
  for (const id of threads) counts.set(id, (counts.get(id) ?? 0) + 1);
  t.deepEqual([...counts.values()], [3, 3, 3]);
});

test.serial('tasksPerThread: no job is lost when threads are replaced', async (t) => {
  jobPool(t, { maxThreads: 2, tasksPerThread: 5 });
  const jobs = Array.from({ length: 60 }, (_, n) => runJob((it: number) => it, { args: [n] }));
  const came = await Promise.all(jobs.map(({ result }) => result));
  t.deepEqual(
    came,
    came.map((_, n) => n),
  );
});

test.serial('heapLimitBytes: a thread that has grown is replaced', async (t) => {
  jobPool(t, { maxThreads: 1, heapLimitBytes: 30 << 20 });
  const first = await runJob(threadOf).result;
  await runJob(inModule<[], void>('keepMuch')).result;
  // The size is looked at now and then.
  for (let n = 0; n < 200; n++) await runJob(() => undefined).result;
  t.not(await runJob(threadOf).result, first);
});

test.serial('idleTimeout: a thread that has nothing to do ends', async (t) => {
  jobPool(t, { idleTimeout: '20ms' });
  await runJob(() => undefined).result;
  const [thread] = laneClient().threads.all();
  await new Promise((resolve) => {
    thread?.worker.ref();
    thread?.worker.once('exit', resolve);
  });
  t.is(BackgroundWorkerPool.countJobs()[1], 0);
});

test.serial('minThreads: so many stay', async (t) => {
  jobPool(t, { maxThreads: 3, minThreads: 1, idleTimeout: '20ms' });
  await threadsFor(3, 3);
  const exits = [...laneClient().threads.all()].map(
    ({ worker }) => new Promise((resolve) => worker.ref() ?? worker.once('exit', resolve)),
  );
  // Unless one has ended already.
  if (exits.length === 3) await Promise.race(exits);
  await runJob(() => undefined).result;
  t.true(laneClient().threads.count >= 1);
});

test.serial('initializer: setup is awaited before the first job', async (t) => {
  jobPool(t, { initializer: INITIALIZER });
  const state = runJob(() => (globalThis as { prepared?: string }).prepared);
  t.is(await state.result, 'by setup');
});

test.serial('initializer: teardown runs before a thread ends by itself', async (t) => {
  jobPool(t, { initializer: INITIALIZER, maxThreads: 1 });
  const gate = newGate();
  await runJob(
    (it: number) => {
      (globalThis as { openAtTeardown?: number }).openAtTeardown = it;
    },
    { args: [gate] },
  ).result;
  await BackgroundWorkerPool.killJobs();
  t.is(openings(gate), 1);
});

test.serial('initializer: one that fails fails the waiting jobs with the reason', async (t) => {
  jobPool(t, { initializer: new URL('fixtures/job-initializer-fails.mjs', import.meta.url) });
  const error = await t.throwsAsync(runJob(() => undefined).result, {
    instanceOf: ThreadStartError,
    code: 'BACKBEAT_THREAD_START',
  });
  t.like(error?.cause, { message: 'no set-up today' });
});

test.serial('initializer: after a failing one was replaced jobs run', async (t) => {
  jobPool(t, { initializer: new URL('fixtures/job-initializer-fails.mjs', import.meta.url) });
  await t.throwsAsync(runJob(() => undefined).result, { instanceOf: ThreadStartError });
  BackgroundWorkerPool.setThreads({ initializer: INITIALIZER });
  t.is(await runJob(() => 'runs').result, 'runs');
});

test.serial('initializer: one that is not there fails the waiting jobs', async (t) => {
  jobPool(t, { initializer: new URL('fixtures/no-such-file.mjs', import.meta.url) });
  await t.throwsAsync(runJob(() => undefined).result, { instanceOf: ThreadStartError });
});

for (const options of [
  { maxThreads: 0 },
  { maxThreads: 1.5 },
  { minThreads: -1 },
  { minThreads: 9, maxThreads: 2 },
  { idleTimeout: -1 },
  { grace: 'soon' },
  { tasksPerThread: -1 },
  { initializer: 'relative/path.mjs' },
  { initializer: new URL('http://localhost/a.mjs') },
]) {
  test.serial(`setThreads refuses ${JSON.stringify(options)}`, (t) => {
    t.throws(() => BackgroundWorkerPool.setThreads(options), {
      code: 'BACKBEAT_INVALID_ARGUMENT',
    });
  });
}

test.serial('the counters of the native side tell what was lost', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const before = native().lanePoolStats();
  await t.throwsAsync(runJob(() => process.exit(1)).result);
  const after = native().lanePoolStats();
  t.true(after.taken - before.taken >= 1);
});
