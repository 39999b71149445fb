// Recorded contracts of bg_invoke: ours must do the same.
import test from 'ava';
import {
  BgException,
  BgInvoke,
  BgProcManager,
  BgThread,
  parallelise,
  ThreadsClosedError,
} from '../../src/index.ts';
import { SharedSteps } from '../fixtures/shared-steps.ts';
import { threadScenario } from './recorded-threads.ts';

type LogLine = [level: string, message: string];

test.serial(
  '002-invoke-error: each read raises a new BgException with the original in its text',
  async (t) => {
    const { observed } = threadScenario('002-invoke-error');
    const invocation = new BgInvoke(() => {
      throw new RangeError('k');
    });
    const errors = [await t.throwsAsync(invocation.result), await t.throwsAsync(invocation.result)];
    t.not(errors[0], errors[1]);
    for (const [index, error] of errors.entries()) {
      const { type, firstLineStartsWith, secondLine, lastLine } = observed.reads[index];
      t.is(error?.name, type);
      const lines = error?.message.split('\n') ?? [];
      t.true(lines[0]?.startsWith(firstLineStartsWith));
      t.is(lines[1], secondLine);
      t.is(lines.at(-1), lastLine);
      t.regex(error?.message ?? '', /RangeError: k/);
      t.true(lines.slice(2, -1).every((line) => line === '' || line.startsWith('  ')));
    }
  },
);

test.serial('002-invoke-none: no value is a result like any other', async (t) => {
  const { observed } = threadScenario('002-invoke-none');
  const invocation = new BgInvoke(() => {});
  t.is((await invocation.result) ?? null, observed.result.value);
  t.is(invocation.resultSync(), undefined);
});

test.serial('002-exception-format: message, brace, indented text, brace', (t) => {
  const { inputs, observed } = threadScenario('002-exception-format');
  const lines = new BgException(inputs.message, new TypeError('v')).message.split('\n');
  t.is(lines[0], observed.lines[0]);
  t.is(lines[1], observed.lines[1]);
  t.true(lines.includes('  TypeError: v'));
  t.is(lines.at(-1), observed.lines.at(-1));
});

test.serial('002-thread-basic: running until the result is there, round after round', async (t) => {
  const { observed } = threadScenario('002-thread-basic');
  const steps = new SharedSteps();
  const thread = new BgThread((cells: Int32Array, n: number) => {
    Atomics.wait(cells, 0, 0);
    return n * n;
  });
  void thread.invoke(steps.cells, 3);
  t.is(thread.isRunning(), observed.isRunning);
  steps.set(0, 1);
  t.is(await thread.result, observed.result);
  t.is(thread.isRunning(), observed.isRunningAfter);
  void thread.invoke(steps.cells, 4);
  t.is(await thread.result, observed.second);
  await thread.close();
});

test.serial(
  '002-thread-invoke-blocks: one call may wait, the next waits for its place',
  async (t) => {
    const steps = new SharedSteps();
    const events: string[] = [];
    const thread = new BgThread((cells: Int32Array, n: number) => {
      Atomics.store(cells, 4, n);
      Atomics.wait(cells, n, 0);
    });
    const calls = [1, 2, 3].map((n) => {
      const call = thread.invoke(steps.cells, n);
      void call.then(() => events.push(`invoke ${n} returned`));
      void call.result.then(() => events.push(`call ${n} ended`));
      return call;
    });
    await steps.reached(4, 1);
    t.deepEqual(events, ['invoke 1 returned', 'invoke 2 returned']);
    steps.set(1, 1);
    await calls[2];
    t.deepEqual(events.toSorted(), [
      'call 1 ended',
      'invoke 1 returned',
      'invoke 2 returned',
      'invoke 3 returned',
    ]);
    steps.set(2, 1);
    steps.set(3, 1);
    await calls[2]?.result;
    await thread.close();
  },
);

test.serial('002-thread-close: again and again, then invoke and result raise', async (t) => {
  const thread = new BgThread(() => 1);
  t.is(await thread.close(), undefined);
  t.is(await thread.close(), undefined);
  t.throws(() => thread.invoke(), { instanceOf: ThreadsClosedError });
  await t.throwsAsync(thread.result, { instanceOf: ThreadsClosedError });
  t.throws(() => thread.resultSync(), { instanceOf: ThreadsClosedError });
});

test.serial(
  '002-thread-overwrite: a result that nobody read is replaced by the next',
  async (t) => {
    const { observed } = threadScenario('002-thread-overwrite');
    const thread = new BgThread((n: number) => n);
    await thread.invoke(1).result;
    await thread.invoke(2).result;
    t.is(await thread.result, observed.first);
    await thread.close();
  },
);

test.serial('002-thread-stale: a result of before comes first', async (t) => {
  const { observed } = threadScenario('002-thread-stale');
  const thread = new BgThread((n: number) => n);
  await thread.invoke(1).result;
  void thread.invoke(2);
  t.is(await thread.result, observed.first);
  t.is(await thread.result, observed.second);
  await thread.close();
});

test.serial('002-par-basic: results by job id', async (t) => {
  const { inputs, observed } = threadScenario('002-par-basic');
  const options = { numThreads: inputs.num_threads, args: inputs.args as [number] };
  const results = await parallelise(
    (jobId: number, factor: number) => jobId * factor,
    inputs.num_jobs,
    options,
  );
  t.deepEqual(results, observed.results);
});

test.serial('002-par-order: results by id when the last job ends first', async (t) => {
  const { inputs, observed } = threadScenario('002-par-order');
  const steps = new SharedSteps(16);
  const func = (jobId: number, cells: Int32Array, last: number): number => {
    // Waits for the job behind it.
    if (jobId < last) Atomics.wait(cells, jobId + 1, 0);
    Atomics.store(cells, jobId, 1);
    Atomics.notify(cells, jobId);
    return jobId;
  };
  const { num_jobs: numJobs, num_threads: numThreads } = inputs;
  const args: [Int32Array, number] = [steps.cells, numJobs - 1];
  t.deepEqual(await parallelise(func, numJobs, { numThreads, args }), observed.results);
});

test.serial(
  '002-par-concurrency: at most numThreads at once, started in the order of the ids',
  async (t) => {
    const { inputs, observed } = threadScenario('002-par-concurrency');
    const { num_jobs: numJobs, num_threads: numThreads } = inputs;
    // Cells: running, most running, number of the next start, start number by id.
    const steps = new SharedSteps(16);
    const func = (_jobId: number, cells: Int32Array, most: number): number => {
      const started = Atomics.add(cells, 2, 1);
      const running = Atomics.add(cells, 0, 1) + 1;
      if (running > Atomics.load(cells, 1)) Atomics.store(cells, 1, running);
      // The first jobs go on when there are as many of them as there may be.
      if (started < most) {
        if (started === most - 1) {
          Atomics.store(cells, 3, 1);
          Atomics.notify(cells, 3);
        } else Atomics.wait(cells, 3, 0);
      } else Atomics.wait(cells, 15, 0, 5);
      Atomics.sub(cells, 0, 1);
      return started;
    };
    const args: [Int32Array, number] = [steps.cells, numThreads];
    const order = await parallelise(func, numJobs, { numThreads, args });
    t.is(steps.get(1), observed.maxConcurrent);
    // Jobs that start at the same moment may count in either order.
    for (const [jobId, started] of order.entries()) t.true(Math.abs(started - jobId) < numThreads);
  },
);

test.serial('002-par-raise: the failure is raised, and no further job is started', async (t) => {
  const { inputs, observed } = threadScenario('002-par-raise');
  const steps = new SharedSteps(16);
  const func = (jobId: number, cells: Int32Array): number => {
    Atomics.store(cells, jobId, 1);
    Atomics.notify(cells, jobId);
    if (jobId === 1) throw new RangeError('one');
    // Still running when the other one fails, as in the recorded run.
    Atomics.wait(cells, 15, 0, 500);
    return jobId;
  };
  const { num_jobs: numJobs, num_threads: numThreads } = inputs;
  const args: [Int32Array] = [steps.cells];
  const error = await t.throwsAsync<BgException>(parallelise(func, numJobs, { numThreads, args }), {
    instanceOf: BgException,
  });
  t.is(error?.jobId, inputs.failing);
  t.true(error?.cause instanceof RangeError);
  const started = [...steps.cells.keys()].filter((jobId) => steps.get(jobId) === 1);
  t.deepEqual(started, observed.startedLater);
});

test.serial(
  '002-par-warn: failed jobs give null, all others complete, and it is logged',
  async (t) => {
    const { inputs, observed } = threadScenario('002-par-warn');
    const logs: LogLine[] = [];
    const func = (jobId: number): number => {
      if (jobId === 2) throw new RangeError('two');
      return jobId;
    };
    const results = await parallelise(func, inputs.num_jobs, {
      numThreads: inputs.num_threads,
      bgException: inputs.bg_exception,
      logger: (level, message) => logs.push([level, message]),
    });
    t.deepEqual(results, observed.results);
    t.deepEqual(logs.slice(0, observed.logs.length), observed.logs);
    t.deepEqual([...new Set(logs.map(([level]) => level))], observed.logLevels);
    t.regex(logs.map(([, message]) => message).join('\n'), /RangeError: two/);
  },
);

test.serial('002-par-logs: a heading, and a line for each thousandth job', async (t) => {
  const { inputs, observed } = threadScenario('002-par-logs');
  const logs: LogLine[] = [];
  const numThreads = inputs.num_threads;
  const logger = (level: string, message: string): number => logs.push([level, message]);
  await parallelise((jobId: number) => jobId, inputs.num_jobs, { numThreads, logger });
  t.deepEqual(logs, observed.logs);
});

test.serial('002-proc-args: the arguments come along', async (t) => {
  const { inputs, observed } = threadScenario('002-proc-args');
  const steps = new SharedSteps();
  const manager = new BgProcManager();
  const proc = (cells: Int32Array, a: number, { b }: { b: number }): void => {
    cells[0] = a;
    cells[1] = b;
  };
  manager.appendNewProc(proc, steps.cells, inputs.args[0], inputs.kwargs);
  await manager.waitUntilEmpty();
  t.deepEqual([[steps.get(0), steps.get(1)]], observed.got);
});

test.serial('002-proc-error: a failure becomes warnings, later procedures run', async (t) => {
  const { observed } = threadScenario('002-proc-error');
  const logs: LogLine[] = [];
  const steps = new SharedSteps();
  const manager = new BgProcManager((level, message) => logs.push([level, message]));
  manager.appendNewProc(() => {
    throw new RangeError('proc');
  });
  manager.appendNewProc((cells: Int32Array) => {
    cells[0] = 1;
  }, steps.cells);
  await manager.waitUntilEmpty();
  t.deepEqual([steps.get(0)], observed.laterRan);
  t.deepEqual([...new Set(logs.map(([level]) => level))], observed.levels);
  const text = logs.map(([, message]) => message).join('\n');
  t.regex(text, /RangeError: proc/);
  t.regex(text, /BgException/);
  t.is(logs.length > 3, observed['lines>3']);
});

test.serial(
  '002-proc-manager-closed: appending afterwards is a warning, nothing runs',
  async (t) => {
    const { observed } = threadScenario('002-proc-manager-closed');
    const logs: LogLine[] = [];
    const steps = new SharedSteps();
    const manager = new BgProcManager((level, message) => logs.push([level, message]));
    manager.isAlive = false;
    const returned = manager.appendNewProc((cells: Int32Array) => {
      cells[0] = 1;
    }, steps.cells);
    await manager.waitUntilEmpty();
    t.is(returned ?? null, observed.returned);
    t.is(steps.get(0), observed.ran.length);
    t.deepEqual(logs, observed.logs);
  },
);
