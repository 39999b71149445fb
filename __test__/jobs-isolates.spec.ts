// Jobs from several isolates, and from a main isolate whose loop is blocked.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { BackgroundWorkerPool, task } from '../src/index.ts';
import { newGate, open, opened, openings, waitAt } from './fixtures/job-gates.mjs';
import { jobPool } from './fixtures/job-pool.ts';

const { runJob } = BackgroundWorkerPool;
const TASKS = new URL('fixtures/job-tasks.mjs', import.meta.url);
const SUBMITTER = new URL('fixtures/job-submitter.mjs', import.meta.url);
const inModule = <A extends unknown[], R>(name: string) => task<(...args: A) => R>(TASKS, name);
const blockAt = inModule<[began: number, gate: number], string>('blockAt');
const openGate = inModule<[gate: number], void>('openGate');

interface Submitter {
  readonly worker: Worker;
  /** Its first message. */
  readonly told: Promise<unknown>;
  readonly exited: Promise<unknown>;
}

/** Starts an isolate that submits jobs as its `way` says. */
function startSubmitter(way: string, data: object = {}): Submitter {
  const worker = new Worker(SUBMITTER, { workerData: { way, ...data } });
  const told = new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, told, exited: once(worker, 'exit') };
}

/** Both threads are there and have loaded the module of the tasks. */
async function warmUpTwo(): Promise<void> {
  const [began, gate] = [newGate(), newGate()];
  const pair = [0, 1].map(() => runJob(blockAt, { args: [began, gate] }));
  await opened(began, 2);
  open(gate);
  await Promise.all(pair.map(({ result }) => result));
}

test.serial('jobs from a worker isolate, awaited', async (t) => {
  jobPool(t);
  const { told, exited } = startSubmitter('awaited');
  t.is(await told, 4950);
  await exited;
});

test.serial('jobs from a worker isolate that blocks for them', async (t) => {
  jobPool(t);
  const { told, exited } = startSubmitter('blocking');
  t.is(await told, 45);
  await exited;
});

test.serial(
  'a worker isolate gets its jobs done while the threads of others are busy',
  async (t) => {
    jobPool(t, { maxThreads: 1 });
    const [began, gate] = [newGate(), newGate()];
    const blocker = runJob(blockAt, { args: [began, gate] });
    await opened(began);
    const { told, exited } = startSubmitter('blocking');

    t.is(await told, 45);
    open(gate);
    await blocker.result;
    await exited;
  },
);

test.serial('two isolates that submit take turns on a thread', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate, submitted] = [newGate(), newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const rank = inModule<[], number>('countUp');
  const ours = Array.from({ length: 400 }, () => runJob(rank).result);
  const { told, exited } = startSubmitter('ranked', { submitted });
  await opened(submitted);
  open(gate);
  const [ranks, own] = await Promise.all([told, Promise.all(ours)]);
  await blocker.result;
  // They came last, and are not done last: the two queues are emptied side by side.
  t.true(Math.min(...(ranks as number[])) < Math.max(...own));
  await exited;
});

test.serial('an isolate that is ended in the middle takes none of our jobs with it', async (t) => {
  jobPool(t);
  const running = newGate();
  const { worker } = startSubmitter('endless', { running });
  const jobs = Array.from({ length: 500 }, (_, n) => runJob((it: number) => it, { args: [n] }));
  await opened(running, 3);
  await worker.terminate();
  const came = await Promise.all(jobs.map(({ result }) => result));
  t.deepEqual(
    came,
    came.map((_, n) => n),
  );
  t.is(await runJob(() => 'after').result, 'after');
});

test.serial('jobs of an isolate that is gone are not started', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [began, gate, submitted, ran] = [newGate(), newGate(), newGate(), newGate()];
  const blocker = runJob(blockAt, { args: [began, gate] });
  await opened(began);
  const { worker } = startSubmitter('waiting', { submitted, ran });
  await opened(submitted);
  await worker.terminate();
  const before = openings(ran);
  open(gate);
  await blocker.result;
  await runJob(() => undefined).result;
  t.is(openings(ran), before);
});

test.serial('jobs start while the main loop is blocked', async (t) => {
  jobPool(t, { maxThreads: 2 });
  await warmUpTwo();
  const ran = newGate();
  const jobs = Array.from({ length: 20 }, () => runJob(openGate, { args: [ran] }));
  waitAt(ran, 20);
  t.is(openings(ran), 20, 'the loop was blocked until the last one had run');
  await Promise.all(jobs.map(({ result }) => result));
});

test.serial('a job behind a long one gets a thread while the main loop is blocked', async (t) => {
  jobPool(t, { maxThreads: 2 });
  await warmUpTwo();
  const [longBegan, longGate, ran] = [newGate(), newGate(), newGate()];
  const long = runJob(blockAt, { args: [longBegan, longGate] });
  await opened(longBegan);
  const job = runJob(openGate, { args: [ran] });
  waitAt(ran);
  t.true(long.running);
  open(longGate);
  await Promise.all([job.result, long.result]);
});
