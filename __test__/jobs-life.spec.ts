// The life of a job: name, running, result in both ways, nested jobs, the log.
import test from 'ava';
import { BackgroundWorkerPool, InvalidArgumentError, Job, task } from '../src/index.ts';
import { newGate, open, opened, openings, waitAt } from './fixtures/job-gates.mjs';
import { jobPool, recordJobLog } from './fixtures/job-pool.ts';

const { runJob } = BackgroundWorkerPool;
const TASKS = new URL('fixtures/job-tasks.mjs', import.meta.url);

test.serial('a job returns what its function returns', async (t) => {
  jobPool(t);
  t.is(await runJob((a: number, b: number) => a * b, { args: [6, 7] }).result, 42);
});

test.serial('what the function captured goes along', async (t) => {
  jobPool(t);
  const factor = 7;
  t.is(await runJob((n: number) => n * factor, { args: [6] }).result, 42);
});

test.serial('a promise that the function returns is awaited on the thread', async (t) => {
  jobPool(t);
  const job = runJob(
    async (gate: number) => {
      await opened(gate);
      return 'opened';
    },
    { args: [gateOpenedLater()] },
  );
  t.is(await job.result, 'opened');

  function gateOpenedLater(): number {
    const gate = newGate();
    setImmediate(() => open(gate));
    return gate;
  }
});

test.serial('a thread task runs an export of a module', async (t) => {
  jobPool(t);
  const square = task<(n: number) => number>(TASKS, 'square');
  t.is(await runJob(square, { args: [7] }).result, 49);
});

test.serial('without a name a job has that of its function', async (t) => {
  jobPool(t);
  function countSheep(): void {}
  const job = runJob(countSheep);
  t.is(job.name, 'countSheep');
  await job.result;
});

for (const [what, options] of [
  ['a string in the place of the options', 'sheep'],
  ['the option', { name: 'sheep' }],
] as const) {
  test.serial(`${what} names a job`, async (t) => {
    jobPool(t);
    const job = runJob(() => undefined, options);
    t.is(job.name, 'sheep');
    await job.result;
  });
}

test.serial('running: while it waits and runs, not when it has ended', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const gate = newGate();
  const first = runJob(waitAt, { args: [gate] });
  const second = runJob(() => 'second');
  t.deepEqual([first.running, second.running], [true, true]);
  open(gate);
  await Promise.all([first.result, second.result]);
  t.deepEqual([first.running, second.running], [false, false]);
});

test.serial('result: the same promise each time, also after the end', async (t) => {
  jobPool(t);
  const job = runJob(() => 1);
  const { result } = job;
  t.is(job.result, result);
  await result;
  t.is(job.result, result);
});

test.serial('result: can be asked for after the end for the first time', async (t) => {
  jobPool(t);
  const job = runJob(() => 'late');
  job.resultSync();
  t.is(await job.result, 'late');
});

test.serial('resultSync blocks until the end and returns the value', (t) => {
  jobPool(t);
  t.is(runJob((n: number) => n + 1, { args: [41] }).resultSync(), 42);
});

test.serial('resultSync throws what the job throws', (t) => {
  jobPool(t);
  const job = runJob(() => {
    throw new RangeError('too far');
  });
  t.throws(() => job.resultSync(), { instanceOf: RangeError, message: 'too far' });
});

test.serial('resultSync: jobs that end meanwhile are settled, too', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const jobs = [1, 2, 3].map((n) => runJob((it: number) => it, { args: [n] }));
  t.is(jobs[2]?.resultSync(), 3);
  t.deepEqual(
    jobs.map(({ running }) => running),
    [false, false, false],
  );
});

test.serial('resultSync of a job with a promise', (t) => {
  jobPool(t);
  t.is(runJob(async () => Promise.resolve('settled')).resultSync(), 'settled');
});

test.serial('resultSync of a job that only a message port can carry', (t) => {
  jobPool(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  t.is(
    runJob((shared: Int32Array) => Atomics.add(shared, 0, 3), { args: [words] }).resultSync(),
    0,
  );
  t.is(words[0], 3);
});

test.serial('a job on a thread runs jobs of its own and awaits them', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const outer = runJob(
    async (n: number) => {
      const inner = BackgroundWorkerPool.runJob((it: number) => it * 2, { args: [n] });
      return (await inner.result) + 1;
    },
    { args: [20] },
  );
  t.is(await outer.result, 41);
});

test.serial('a job on a thread runs jobs of its own and blocks for them', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const outer = runJob(
    (n: number) => {
      const inner = BackgroundWorkerPool.runJob((it: number) => it * 2, { args: [n] });
      return inner.resultSync() + 1;
    },
    { args: [20] },
  );
  t.is(await outer.result, 41);
});

test.serial('nesting three deep ends, with one thread allowed', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const nest = task<(depth: number) => number>(TASKS, 'nest');
  t.is(await runJob(nest, { args: [3] }).result, 3);
});

test.serial('a function with imports is carried on from a thread', async (t) => {
  jobPool(t, { maxThreads: 1 });
  function deeper(depth: number): number {
    if (depth === 0) return 0;
    return BackgroundWorkerPool.runJob(deeper, { args: [depth - 1] }).resultSync() + 1;
  }
  t.is(await runJob(deeper, { args: [3] }).result, 3);
});

test.serial('leaving the scope of `using` stops a job that has not started', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const [gate, ran] = [newGate(), newGate()];
  const blocker = runJob(waitAt, { args: [gate] });
  const job = runJob(open, { args: [ran] });
  const result = t.throwsAsync(job.result, { code: 'BACKBEAT_JOB_STOPPED' });
  // What `using` calls at the end of its block.
  job[Symbol.dispose]();
  open(gate);
  await Promise.all([result, blocker.result]);
  await runJob(() => undefined).result;
  t.is(openings(ran), 0);
});

test.serial('disposing of a job that has ended does nothing', async (t) => {
  jobPool(t);
  const job = runJob(() => 'ended');
  await job.result;
  job[Symbol.dispose]();
  t.is(job.resultSync(), 'ended');
});

test.serial('a failure that nobody asks for is logged once, as an error', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const log = recordJobLog(t);
  runJob(() => {
    throw new Error('unheard');
  }, 'lonely');
  await runJob(() => undefined).result;
  t.is(log.length, 1);
  t.is(log[0]?.[0], 'ERROR');
  t.is(log[0]?.[1].split('\n')[0], 'Job "lonely" exception: unheard');
});

test.serial('a failure that somebody asks for is not logged', async (t) => {
  jobPool(t);
  const log = recordJobLog(t);
  const job = runJob(() => {
    throw new Error('heard');
  });
  await t.throwsAsync(job.result, { message: 'heard' });
  t.deepEqual(log, []);
});

test.serial('Job: what runJob returns', async (t) => {
  jobPool(t);
  const job = runJob(() => undefined);
  t.true(job instanceof Job);
  await job.result;
});

for (const [what, argument, options] of [
  ['options', 'options', 7],
  ['name', 'name', { name: 7 }],
  ['args', 'args', { args: 'abc' }],
  ['transfer', 'transfer', { transfer: 'abc' }],
  ['signal', 'signal', { signal: {} }],
  ['priority', 'priority', { priority: 101 }],
  ['priority', 'priority', { priority: 0.5 }],
  ['retries', 'retries', { retries: -1 }],
  ['retries', 'retries', { retries: 0.5 }],
  ['retries', 'retries', { retries: 1, transfer: [new ArrayBuffer(8)] }],
  ['timeout', 'timeout', { timeout: -1 }],
  ['timeout', 'timeout', { timeout: Number.NaN }],
  ['timeout', 'timeout', { timeout: 'soon' }],
] as const) {
  test.serial(`wrong ${what} (${JSON.stringify(options)}) throws at the call`, (t) => {
    const error = t.throws(() => runJob(() => undefined, options as never), {
      instanceOf: InvalidArgumentError,
    });
    t.is(error?.argument, argument);
  });
}

test.serial('a task that is no function throws at the call', (t) => {
  t.throws(() => runJob('abc' as never), { code: 'BACKBEAT_INVALID_ARGUMENT' });
});
