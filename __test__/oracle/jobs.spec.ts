// Recorded scenarios of jobs, on native threads: what the original does right is done the same, what it
// does wrong (bugs) is done right.
import test from 'ava';
import { BackgroundWorkerPool } from '../../src/index.ts';
import { laneClient } from '../../src/lane/lane-client.ts';
import { newGate, open, opened, waitAt } from '../fixtures/job-gates.mjs';
import { jobPool } from '../fixtures/job-pool.ts';
import { poolOnManualClock } from '../fixtures/pool-on-manual-clock.ts';
import { scenario } from './recorded.ts';

const { runJob } = BackgroundWorkerPool;

/** Says at the first gate that it runs, and ends when the second is open. */
const runUntilOpen = (began: number, gate: number): string => {
  open(began);
  waitAt(gate);
  return 'done';
};

/** Threads that are under way, once all others have come to rest. */
async function settleThreads(busy: number): Promise<number> {
  const { lanes } = laneClient();
  if (lanes.all - lanes.idle === busy) return lanes.idle;
  await new Promise((resolve) => setImmediate(resolve));
  return settleThreads(busy);
}

test.serial('001-balance: the idle threads are thinned out as recorded', async (t) => {
  t.timeout(120_000);
  const { inputs, observed } = scenario('001-balance');
  const { balanceTarget, balanceLatency, balanceReduceFactor } = inputs.setJobBalance;
  const [, atBase] = observed.baseRunningPaused;
  jobPool(t, { maxThreads: atBase, idleTimeout: '1h' });
  BackgroundWorkerPool.setJobBalance(balanceTarget, 0, balanceReduceFactor);
  const [began, gate, longBegan, longGate] = [newGate(), newGate(), newGate(), newGate()];
  const many = Array.from({ length: atBase }, () => runJob(runUntilOpen, { args: [began, gate] }));
  // One after the other, so that each thread may take its time to start.
  for (let started = 1; started <= atBase; started++) await opened(began, started);
  open(gate);
  await Promise.all(many.map(({ result }) => result));
  await settleThreads(0);
  t.deepEqual(BackgroundWorkerPool.countJobs(), observed.baseRunningPaused);
  const long = runJob(runUntilOpen, { args: [longBegan, longGate] });
  await opened(longBegan);
  await settleThreads(1);
  BackgroundWorkerPool.setJobBalance(balanceTarget, balanceLatency, balanceReduceFactor);
  const paused: number[] = [];
  for (const _ of observed.pausedAfterEachRequest) {
    await runJob(() => undefined).result;
    paused.push(await settleThreads(1));
  }
  t.deepEqual(paused, observed.pausedAfterEachRequest);
  t.is(laneClient().lanes.all, observed.jobThreadsAliveAtEnd);
  open(longGate);
  await long.result;
});

test.serial('001-balance-zero-running-runjob: with none running a job is run', async (t) => {
  const { inputs } = scenario('001-balance-zero-running-runjob');
  jobPool(t, { maxThreads: 1 });
  BackgroundWorkerPool.setJobBalance(undefined, inputs.setJobBalance.balanceLatency);
  t.is(await runJob(() => 'ran').result, 'ran');
  t.is(await runJob(() => 'ran').result, 'ran');
});

test.serial('001-balance-zero-running-scheduler: every actor runs', (t) => {
  const { inputs } = scenario('001-balance-zero-running-scheduler');
  const clock = poolOnManualClock(t);
  BackgroundWorkerPool.setJobBalance(undefined, inputs.setJobBalance.balanceLatency);
  t.teardown(() => BackgroundWorkerPool.setJobBalance());
  const ran: string[] = [];
  const start = (name: string, delay: number): unknown =>
    BackgroundWorkerPool.newActor(() => ran.push(name), { delay }).start();
  start('a', 0.1);
  start('b', 0.2);
  start('c', 0.3);
  clock.advance(800);
  t.deepEqual(ran, ['a', 'b', 'c']);
  start('d', 0);
  clock.advance(300);
  t.deepEqual(ran, ['a', 'b', 'c', 'd']);
});

test.serial(
  '001-job-exception: a job that fails is counted no more, its thread lives',
  async (t) => {
    const { observed } = scenario('001-job-exception');
    jobPool(t, { maxThreads: 1 });
    BackgroundWorkerPool.setLogger(undefined);
    for (const _ of observed.threadsAlive) {
      const job = runJob(() => {
        throw new Error('as recorded');
      });
      await t.throwsAsync(job.result, { message: 'as recorded' });
    }
    await settleThreads(0);
    t.deepEqual(BackgroundWorkerPool.countJobs(), [0, 1]);
    let okJobRan = 0;
    await runJob(() => undefined).result.then(() => okJobRan++);
    t.is(okJobRan, observed.okJobRan);
  },
);

test.serial('001-job-external-pause: a busy job goes on and is not handed out', async (t) => {
  jobPool(t, { maxThreads: 2 });
  const [began, gate] = [newGate(), newGate()];
  const long = runJob(runUntilOpen, { args: [began, gate] });
  await opened(began);
  t.false(long.pause().paused);
  t.is(BackgroundWorkerPool.countJobs()[0], 1);
  t.is(await runJob(() => 'other').result, 'other');
  t.true(long.running);
  open(gate);
  t.is(await long.result, 'done');
  await settleThreads(0);
  t.deepEqual(BackgroundWorkerPool.countJobs(), [0, 2]);
});

test.serial('001-job-stop: a stop does not cut a job short within its grace time', async (t) => {
  const { observed } = scenario('001-job-stop');
  jobPool(t, { maxThreads: 1, grace: '1h' });
  const [began, gate] = [newGate(), newGate()];
  const job = runJob(runUntilOpen, { args: [began, gate] });
  await opened(began);
  t.is(job.stop() === job, observed.returnsSelf);
  open(gate);
  t.is((await job.result) === 'done', observed.taskCompleted);
  const quick = runJob(() => 'quick');
  await quick.result;
  t.notThrows(() => quick.stop());
  await settleThreads(0);
  t.deepEqual(BackgroundWorkerPool.countJobs(), observed.countFinal);
});

test.serial('001-killjobs-running: it waits for the job, and the next one runs', async (t) => {
  const { observed } = scenario('001-killjobs-running');
  jobPool(t, { maxThreads: 1 });
  const [began, gate] = [newGate(), newGate()];
  const events: string[] = [];
  const job = runJob(runUntilOpen, { args: [began, gate] });
  const noted = job.result.then((value) => events.push(value));
  await opened(began);
  const killed = BackgroundWorkerPool.killJobs().then(() => events.push('killed'));
  open(gate);
  await Promise.all([noted, killed]);
  t.deepEqual(events, ['done', 'killed']);
  t.deepEqual(BackgroundWorkerPool.countJobs(), [0, 0]);
  t.is((await runJob(() => true).result) as boolean, observed.secondTaskRan);
});
