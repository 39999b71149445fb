// Recorded scenarios of jobs that ours answers otherwise on purpose.
import test from 'ava';
import { BackgroundWorkerPool } from '../../src/index.ts';
import { newGate, open, opened, waitAt } from '../fixtures/job-gates.mjs';
import { jobPool } from '../fixtures/job-pool.ts';
import { scenario } from './recorded.ts';

test.serial(
  '001-job-many: all are under way at once, on as many threads as are allowed',
  async (t) => {
    const { inputs, ideal } = scenario('001-job-many');
    const maxThreads = 2;
    jobPool(t, { maxThreads });
    const [began, gate] = [newGate(), newGate()];
    const task = (began: number, gate: number): void => {
      open(began);
      waitAt(gate);
    };
    const args: [number, number] = [began, gate];
    const jobs = Array.from({ length: inputs.jobs }, () =>
      BackgroundWorkerPool.runJob(task, { args }),
    );
    await opened(began, maxThreads);
    t.deepEqual(BackgroundWorkerPool.countJobs(), ideal.during);
    open(gate);
    await Promise.all(jobs.map(({ result }) => result));
    while (BackgroundWorkerPool.countJobs()[1] < maxThreads) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    t.deepEqual(BackgroundWorkerPool.countJobs(), [0, maxThreads]);
  },
);
