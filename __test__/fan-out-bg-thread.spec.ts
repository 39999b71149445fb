// BgInvoke and BgThread beyond what was recorded.
import test from 'ava';
import {
  type BgException,
  BgInvoke,
  BgThread,
  CaptureError,
  InvalidArgumentError,
  ThreadLostError,
  ThreadsClosedError,
  task,
  UncloneableError,
  withCaptures,
} from '../src/index.ts';
import { runModule } from './fixtures/child-module.ts';
import { recordLog } from './fixtures/pool-on-manual-clock.ts';
import { SharedSteps } from './fixtures/shared-steps.ts';

const stateful = new URL('./fixtures/stateful.mjs', import.meta.url);
const waitFor = (cells: Int32Array, cell: number): number => {
  Atomics.store(cells, 7, Math.max(Atomics.load(cells, 7), cell));
  Atomics.wait(cells, cell, 0);
  return cell;
};

test.serial('BgInvoke: arguments, captures and promises', async (t) => {
  const factor = 2;
  t.is(await new BgInvoke(async (n: number) => n * factor, 21).result, 42);
  const given = new Function('n', 'return n * by') as (n: number) => number;
  t.is(await new BgInvoke(withCaptures(given, { by: 3 }), 4).result, 12);
});

test.serial('BgInvoke: a failure nobody asked for is logged', async (t) => {
  const log = recordLog(t);
  const invocation = new BgInvoke(() => {
    throw new RangeError('unseen');
  });
  while (invocation.isRunning()) await new Promise((resolve) => setImmediate(resolve));
  t.regex(log.map(([level, line]) => `${level} ${line}`).join('\n'), /ERROR [\s\S]*unseen/);
});

test.serial('BgInvoke: a failure that somebody waits for is not logged', async (t) => {
  const log = recordLog(t);
  const fail = (): never => {
    throw new RangeError('seen');
  };
  await t.throwsAsync(new BgInvoke(fail).result);
  t.throws(() => new BgInvoke(fail).resultSync(), { code: 'BACKBEAT_BG_EXCEPTION' });
  t.deepEqual(log, []);
});

test('BgInvoke and BgThread: what cannot go to a thread is refused at the call', async (t) => {
  const socket = process.stdout;
  t.throws(() => new BgInvoke(() => socket.fd), { instanceOf: CaptureError });
  t.throws(() => new BgInvoke(5 as unknown as () => void), { instanceOf: InvalidArgumentError });
  t.throws(() => new BgThread(() => socket.fd), { instanceOf: CaptureError });
  const thread = new BgThread((_value: unknown) => {});
  t.throws(() => thread.invoke(() => {}), { instanceOf: UncloneableError });
  const steps = new SharedSteps();
  const busy = new BgThread((_value: unknown, cells: Int32Array) => Atomics.wait(cells, 1, 0));
  const first = busy.invoke(1, steps.cells);
  t.throws(() => busy.invoke(() => {}, steps.cells), { instanceOf: UncloneableError });
  steps.set(1, 1);
  await first.result;
  await Promise.all([thread.close(), busy.close()]);
});

test.serial('each invoke has its own result, whatever is read from the thread', async (t) => {
  const thread = new BgThread((n: number) => n * n);
  const calls = Array.from({ length: 100 }, (_, n) => thread.invoke(n));
  t.is(typeof (await thread.result), 'number');
  const results = await Promise.all(calls.map(({ result }) => result));
  t.deepEqual(
    results,
    calls.map((_, n) => n * n),
  );
  await thread.close();
});

test.serial('arguments are copied at the call, also when the call has to wait', async (t) => {
  const thread = new BgThread((list: number[]) => list.length);
  const list = [1];
  const first = thread.invoke(list);
  const second = thread.invoke(list);
  list.push(2, 3);
  t.deepEqual([await first.result, await second.result], [1, 1]);
  await thread.close();
});

test.serial('async functions are called one after the other, too', async (t) => {
  const steps = new SharedSteps();
  const thread = new BgThread(async (cells: Int32Array) => {
    const running = Atomics.add(cells, 0, 1);
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.sub(cells, 0, 1);
    return running;
  });
  const calls = Array.from({ length: 10 }, () => thread.invoke(steps.cells).result);
  t.deepEqual(await Promise.all(calls), new Array(10).fill(0));
  await thread.close();
});

test.serial('the thread keeps the state of its module', async (t) => {
  const next = task<() => number>(stateful, 'nextNumber');
  const [one, other] = [new BgThread(next), new BgThread(next)];
  // A thread that was used before has the state that it had then.
  const first = await one.invoke().result;
  const foreign = await other.invoke().result;
  t.deepEqual([await one.invoke().result, await one.invoke().result], [first + 1, first + 2]);
  t.is(await other.invoke().result, foreign + 1);
  await Promise.all([one.close(), other.close()]);
});

test.serial('a failed call leaves the thread alive', async (t) => {
  const thread = new BgThread((n: number) => {
    if (n === 1) throw new RangeError('one');
    return n;
  });
  const error = await t.throwsAsync<BgException>(thread.invoke(1).result);
  t.true(error?.cause instanceof RangeError);
  await t.throwsAsync(thread.result, { code: 'BACKBEAT_BG_EXCEPTION' });
  t.is(await thread.invoke(2).result, 2);
  await thread.close();
});

test.serial('after a lost thread the next call has a new one', async (t) => {
  const thread = new BgThread(task<(exits: boolean) => number>(stateful, 'exitOrCount'));
  await thread.invoke(false).result;
  const lost = thread.invoke(true).result;
  const after = thread.invoke(false).result;
  const error = await t.throwsAsync<BgException>(lost);
  t.true(error?.cause instanceof ThreadLostError);
  t.is(typeof (await after), 'number');
  await thread.close();
});

test.serial('invokeSync and resultSync block', async (t) => {
  const thread = new BgThread((n: number) => n + 1);
  const first = thread.invokeSync(1);
  const second = thread.invokeSync(2);
  const third = thread.invokeSync(3);
  t.deepEqual(
    [third, first, second].map((call) => call.resultSync()),
    [4, 2, 3],
  );
  t.is(thread.resultSync(), 4);
  t.false(thread.isRunning());
  thread.closeSync();
  t.throws(() => thread.invokeSync(1), { instanceOf: ThreadsClosedError });
});

test.serial('close drops calls that have not begun, and says so', async (t) => {
  const log = recordLog(t);
  const steps = new SharedSteps();
  const thread = new BgThread(waitFor);
  const running = thread.invoke(steps.cells, 1);
  const awaited = thread.invoke(steps.cells, 2);
  const held = thread.invoke(steps.cells, 3);
  const dropped = t.throwsAsync(awaited.result, { instanceOf: ThreadsClosedError });
  await steps.reached(7, 1);
  const closing = thread.close();
  await dropped;
  await t.throwsAsync(held, { instanceOf: ThreadsClosedError });
  t.deepEqual(log, [['WARNING', 'BgThread "waitFor": 1 call was not made, closed']]);
  steps.set(1, 1);
  t.is(await running.result, 1);
  await closing;
});

test.serial('terminate ends a call that never would', async (t) => {
  const steps = new SharedSteps();
  const thread = new BgThread(waitFor);
  const call = thread.invoke(steps.cells, 1);
  await steps.reached(7, 1);
  thread.terminate();
  const error = await t.throwsAsync<BgException>(call.result);
  t.true(error?.cause instanceof ThreadLostError);
  t.throws(() => thread.invoke(steps.cells, 1), { instanceOf: ThreadsClosedError });
});

test.serial('await using closes', async (t) => {
  let call: Promise<number>;
  {
    await using thread = new BgThread((n: number) => n);
    call = thread.invoke(5).result;
  }
  t.is(await call, 5);
});

test('a thread that waits does not hold the process', async (t) => {
  const { code, stdout } = await runModule(`
    import { BgThread } from 'backbeat';
    const thread = new BgThread((n: number) => n);
    console.log(await thread.invoke(1).result);
  `);
  t.is(code, 0);
  t.is(stdout, '1\n');
});

test('one that nobody refers to gives its thread back', async (t) => {
  const { code, stdout } = await runModule(
    `
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { BgThread } from 'backbeat';
    import { laneClient } from 'backbeat/lane-client';
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const use = async () => {
      const thread = new BgThread((n: number) => n);
      console.log(await thread.invoke(1).result);
    };
    await use();
    while (laneClient().lanes.idle === 0) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log('given back');
  `.replace('backbeat/lane-client', new URL('../src/lane/lane-client.ts', import.meta.url).href),
  );
  t.is(code, 0);
  t.is(stdout, '1\ngiven back\n');
});
