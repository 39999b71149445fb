// Rules and bugs of the originals that no recorded scenario shows by itself: ours, and how it must be.
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import {
  BackgroundWorkerPool,
  BgProcManager,
  BgThread,
  type BlockingItems,
  Consumerator,
  OrderedItemProducer,
  PoolUser,
  parallelise,
  ThreadsClosedError,
} from '../../src/index.ts';
import { SharedSteps } from '../fixtures/shared-steps.ts';

const collect = (items: BlockingItems<unknown>): unknown[] => [...items];

test.serial.afterEach.always(() => PoolUser.shutdown());

test.serial('B-002-1: eight invokers of one thread all get their own results', async (t) => {
  const thread = new BgThread((invoker: number, round: number) => [invoker, round]);
  const invokers = Array.from({ length: 8 }, async (_, invoker) => {
    for (let round = 0; round < 50; round++) {
      const call = thread.invoke(invoker, round);
      await call;
      t.deepEqual(await call.result, [invoker, round]);
    }
  });
  await Promise.all(invokers);
  t.false(thread.isRunning());
  await thread.close();
});

test.serial('B-002-14: waiting until empty covers what was appended a moment ago', async (t) => {
  const steps = new SharedSteps();
  const manager = new BgProcManager();
  for (let round = 1; round <= 100; round++) {
    manager.appendNewProc((cells: Int32Array) => Atomics.add(cells, 0, 1), steps.cells);
    await manager.waitUntilEmpty();
    t.is(steps.get(0), round);
  }
});

test.serial('002-16: without a logger warnings go to the log of the pool', async (t) => {
  const lines: string[] = [];
  BackgroundWorkerPool.setLogger((level, message) => lines.push(`${level} ${message}`));
  t.teardown(() => BackgroundWorkerPool.setLogger(undefined));
  const fails = (jobId: number): number => {
    if (jobId === 1) throw new RangeError('one');
    return jobId;
  };
  t.deepEqual(await parallelise(fails, 3, { bgException: 'warn' }), [0, null, 2]);
  t.regex(lines.join('\n'), /^WARNING .*1/);
  t.regex(lines.join('\n'), /RangeError: one/);
});

test.serial('004-6: stop before start is refused at once', async (t) => {
  const producer = new OrderedItemProducer();
  await t.throwsAsync(producer.stop(), { instanceOf: ThreadsClosedError });
  await producer.start(collect);
  t.deepEqual(await producer.stop(), []);
});

test.serial('004-8: an async item that fails while a slow one is before it', async (t) => {
  const producer = new OrderedItemProducer<number>();
  const steps = new SharedSteps();
  await producer.start((items: BlockingItems<number>, cells: Int32Array) => {
    for (const item of items) cells[item] = 1;
  }, steps.cells);
  let settle!: (item: number) => void;
  const slow = new Promise<number>((resolve) => {
    settle = resolve;
  });
  const first = producer.produceItem(() => slow);
  const failed = producer.produceItem(async () => {
    throw new RangeError('item');
  });
  t.is(await failed, undefined);
  settle(1);
  t.is(await first, 1);
  await t.throwsAsync(producer.stop(), { instanceOf: RangeError, message: 'item' });
  t.is(steps.get(1), 1);
});

test.serial('004-9: a stop that is waiting already gives the failure of the item', async (t) => {
  const producer = new OrderedItemProducer<number>();
  await producer.start(collect);
  let fail!: (error: Error) => void;
  const item = new Promise<number>((_resolve, reject) => {
    fail = reject;
  });
  void producer.produceItem(() => item);
  const stopping = t.throwsAsync(producer.stop(), { instanceOf: RangeError, message: 'late' });
  await nextTurn();
  fail(new RangeError('late'));
  await stopping;
});

test.serial('004-12: resumeProducing after stopProducing does not revive', async (t) => {
  const producer = new OrderedItemProducer<number>();
  await producer.start(collect);
  producer.pauseProducing();
  t.is(producer.produce, false);
  producer.stopProducing();
  t.is(producer.produce, null);
  producer.resumeProducing();
  t.is(producer.produce, null);
  t.is(await producer.produceItem(() => t.fail() as never), undefined);
  t.deepEqual(await producer.stop(), []);
});

test.serial('004-15: one pool for producers and all that extend PoolUser', async (t) => {
  class Other extends PoolUser {}
  const producer = new OrderedItemProducer();
  t.is(producer.pool, PoolUser.pool);
  t.is(new Other().pool, producer.pool);
  t.is(await Other.deferToThreadInPool((n: number) => n + 1, 1), 2);
});

test.serial(
  'B-004-12: a producer takes one thread of the pool, and that from its start',
  async (t) => {
    const steps = new SharedSteps();
    const producer = new OrderedItemProducer<number>(1);
    t.is(PoolUser.pool.running, 0);
    await producer.start((items: BlockingItems<number>, cells: Int32Array) => {
      Atomics.wait(cells, 0, 0);
      return [...items];
    }, steps.cells);
    t.is(PoolUser.pool.running, 1);
    t.is(PoolUser.pool.waiting, 0);
    void producer.produceItem(() => 1);
    steps.set(0, 1);
    t.deepEqual(await producer.stop(), [1]);
  },
);

test.serial('004-13: the states of a consumerator', async (t) => {
  const consumerator = new Consumerator<number>();
  t.is(consumerator.runState, 'init');
  t.is(await consumerator.unregisterProducer(), undefined);
  const producer = { pauseProducing() {}, resumeProducing() {}, stopProducing() {} };
  consumerator.registerProducer(producer);
  t.is(consumerator.runState, 'started');
  t.throws(() => consumerator.registerProducer(producer), { instanceOf: ThreadsClosedError });
  await consumerator.write(1);
  t.is(consumerator.runState, 'running');
  const ended = consumerator.unregisterProducer();
  t.is(consumerator.runState, 'stopping');
  for await (const item of consumerator) t.is(item, 1);
  await ended;
  t.is(consumerator.runState, 'stopped');
});
