// bg_invoke: one test for each row of the table, and one for each recorded bug, the other way round.
import test from 'ava';
import {
  type BgException,
  BgInvoke,
  BgProcManager,
  BgThread,
  DeadlockError,
  InvalidArgumentError,
  parallelise,
  ThreadLostError,
  ThreadsClosedError,
} from '../../src/index.ts';
import { runModule } from '../fixtures/child-module.ts';
import { SharedSteps } from '../fixtures/shared-steps.ts';
import { threadScenario } from './recorded-threads.ts';

test.serial(
  '002-invoke-systemexit: the result raises and says that the thread is lost',
  async (t) => {
    const invocation = new BgInvoke(() => process.exit(1));
    const error = await t.throwsAsync<BgException>(invocation.result);
    t.true(error?.excInfo instanceof ThreadLostError);
    t.false(invocation.isRunning());
  },
);

test.serial(
  '002-thread-result-twice: the next result, or an error when it must block',
  async (t) => {
    const { observed } = threadScenario('002-thread-result-twice');
    const thread = new BgThread((n: number) => n);
    t.is(thread.invokeSync(1).resultSync(), observed.first);
    t.is(thread.resultSync(), observed.first);
    t.throws(() => thread.resultSync(), { instanceOf: DeadlockError, code: 'BACKBEAT_DEADLOCK' });
    const next = thread.result;
    void thread.invoke(2);
    t.is(await next, 2);
    await thread.close();
  },
);

test.serial(
  '002-thread-close-busy: close waits for the call, its result can be read',
  async (t) => {
    const steps = new SharedSteps();
    const thread = new BgThread((cells: Int32Array) => {
      Atomics.store(cells, 1, 1);
      Atomics.wait(cells, 0, 0);
      return 'done';
    });
    void thread.invoke(steps.cells);
    await steps.reached(1, 1);
    let isClosed = false;
    const closing = thread.close().then(() => {
      isClosed = true;
    });
    await Promise.resolve();
    t.false(isClosed);
    steps.set(0, 1);
    await closing;
    t.is(await thread.result, 'done');
    await t.throwsAsync(thread.result, { instanceOf: ThreadsClosedError });
  },
);

test.serial(
  '002-par-raise-first-which: the lowest id of all that failed, with all attached',
  async (t) => {
    const { inputs } = threadScenario('002-par-raise-first-which');
    const steps = new SharedSteps();
    const func = (jobId: number, cells: Int32Array): void => {
      Atomics.add(cells, 1, 1);
      // Job 1 fails after job 3 has failed, although it is told to stop.
      if (jobId === 1) Atomics.wait(cells, 0, 0);
      if (jobId === 3) {
        while (Atomics.load(cells, 1) < 4);
        Atomics.store(cells, 0, 1);
        Atomics.notify(cells, 0);
      }
      if (jobId % 2 === 1) throw new RangeError(`j${jobId}`);
      Atomics.wait(cells, 0, 0);
    };
    const { num_jobs: numJobs, num_threads: numThreads } = inputs;
    const args: [Int32Array] = [steps.cells];
    const error = await t.throwsAsync<BgException>(
      parallelise(func, numJobs, { numThreads, args }),
    );
    t.is(error?.jobId, 1);
    t.deepEqual(error?.jobIds, [1, 3]);
    t.deepEqual(
      error?.errors?.map((one) => (one as Error).message),
      ['j1', 'j3'],
    );
  },
);

test.serial('002-proc-wait: settles with the last procedure', async (t) => {
  const { observed } = threadScenario('002-proc-wait');
  const manager = new BgProcManager();
  await manager.waitUntilEmpty();
  const steps = new SharedSteps();
  manager.appendNewProc((cells: Int32Array) => {
    cells[0] = 1;
  }, steps.cells);
  manager.waitUntilEmptySync();
  t.deepEqual([steps.get(0)], observed.done);
  t.true(manager.isDequeEmpty());
  t.true(manager.isNoRunningThreads());
});

test.serial('002-thread-is-running-race: running from invoke on', async (t) => {
  const { inputs } = threadScenario('002-thread-is-running-race');
  const thread = new BgThread(() => {});
  let saidNotRunning = 0;
  for (let trial = 0; trial < inputs.trials; trial++) {
    const call = thread.invoke();
    if (!thread.isRunning()) saidNotRunning++;
    await call.result;
  }
  t.is(saidNotRunning, 0);
  await thread.close();
});

test.serial('002-thread-close-waiter: who waits for a result is told of the close', async (t) => {
  const thread = new BgThread(() => {});
  const waiter = t.throwsAsync(thread.result, { instanceOf: ThreadsClosedError });
  await thread.close();
  await waiter;
});

test.serial('002-par-poll-cost: nobody polls', async (t) => {
  const { inputs } = threadScenario('002-par-poll-cost');
  // With a poll of a second, 20 fan-outs in a row would take 20 seconds: the time limit of the test.
  t.timeout(20_000);
  for (let round = 0; round < 20; round++) {
    await parallelise((jobId: number) => jobId, inputs.num_jobs[1], { numThreads: 2 });
  }
  t.pass();
});

for (const numThreads of threadScenario('002-par-zero-threads').inputs.num_threads) {
  test.serial(`002-par-zero-threads: ${numThreads} threads are refused`, (t) => {
    t.throws(() => parallelise(() => {}, 1, { numThreads }), { instanceOf: InvalidArgumentError });
  });
}

test.serial('002-proc-systemexit: the manager survives, and it is logged', async (t) => {
  const logs: string[] = [];
  const steps = new SharedSteps();
  const manager = new BgProcManager((_level, message) => logs.push(message));
  manager.appendNewProc(() => process.exit(1));
  await manager.waitUntilEmpty();
  manager.appendNewProc((cells: Int32Array) => {
    cells[0] = 1;
  }, steps.cells);
  await manager.waitUntilEmpty();
  t.is(steps.get(0), 1);
  t.regex(logs.join('\n'), /ThreadLostError/);
});

const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip;
onLinux('002-proc-import-thread: importing starts nothing', async (t) => {
  const { code, stdout } = await runModule(
    `
    import { readdirSync } from 'node:fs';
    const before = readdirSync('/proc/self/task').length;
    const { bgProcManager } = await import('backbeat');
    console.log(bgProcManager.isAlive, readdirSync('/proc/self/task').length - before);
  `.replace("import('backbeat')", `import('${new URL('../../src/index.ts', import.meta.url)}')`),
  );
  t.is(code, 0);
  t.is(stdout, 'true 0\n');
});

test.serial('002-proc-exit-pending: procedures hold the process', async (t) => {
  const { code, stdout } = await runModule(`
    import { bgRunProc } from 'backbeat';
    for (let n = 0; n < 5; n++) {
      bgRunProc((id: number) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        process.stdout.write(String(id));
      }, n);
    }
  `);
  t.is(code, 0);
  t.deepEqual([...stdout].toSorted(), ['0', '1', '2', '3', '4']);
});

test.serial('002-proc-exit-pending: process.exit() drops them with a warning', async (t) => {
  const { code, stderr } = await runModule(`
    import { bgProcManager, bgRunProc } from 'backbeat';
    const cells = new Int32Array(new SharedArrayBuffer(4));
    for (let n = 0; n < bgProcManager.maxNumThreads + 2; n++) {
      bgRunProc((shared: Int32Array) => Atomics.wait(shared, 0, 0), cells);
    }
    process.exit(0);
  `);
  t.is(code, 0);
  t.regex(stderr, /WARNING The process ends before its procedures: \d+ running and 2 waiting/);
});
