// OrderedItemProducer, Consumerator, TaskQueue and PoolUser beyond what was recorded.
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import {
  type BlockingItems,
  Consumerator,
  InvalidArgumentError,
  OrderedItemProducer,
  PoolUser,
  TaskQueue,
  ThreadLostError,
  ThreadsClosedError,
  UncloneableError,
} from '../src/index.ts';
import { runModule } from './fixtures/child-module.ts';
import { recordLog } from './fixtures/pool-on-manual-clock.ts';
import { SharedSteps } from './fixtures/shared-steps.ts';

const collect = (items: BlockingItems<unknown>): unknown[] => [...items];

test.serial.afterEach.always(() => PoolUser.shutdown());

test.serial('items of every kind, falsy ones too', async (t) => {
  const kinds = [0, '', false, null, undefined, Number.NaN, { a: 1 }, [1, [2]], 'text'];
  const producer = new OrderedItemProducer();
  await producer.start(collect);
  for (const kind of kinds) void producer.produceItem(() => kind);
  t.deepEqual(await producer.stop(), kinds);
});

test.serial('fifty thousand items through a small buffer', async (t) => {
  const producer = new OrderedItemProducer<number>({ highWaterMark: 32 });
  await producer.start((items: BlockingItems<number>) => {
    let expected = 0;
    for (const item of items) if (item !== expected++) return -1;
    return expected;
  });
  for (let item = 0; item < 50_000; item++) {
    await producer.ready;
    void producer.produceItem(() => item);
  }
  t.is(await producer.stop(), 50_000);
  t.is(producer.k1, 50_000);
  t.is(producer.k2, 50_000);
});

test.serial('an async consumer awaits the items in its own loop', async (t) => {
  const producer = new OrderedItemProducer<number>();
  await producer.start(async (items: BlockingItems<number>) => {
    const got: number[] = [];
    for await (const item of items) got.push(item);
    return got;
  });
  for (const item of [1, 2, 3]) void producer.produceItem(async () => item);
  t.deepEqual(await producer.stop(), [1, 2, 3]);
});

test.serial('the failed item with the lowest number counts, others are logged', async (t) => {
  const log = recordLog(t);
  const producer = new OrderedItemProducer<number>();
  await producer.start(collect);
  const later: (() => void)[] = [];
  const fail = (text: string): Promise<number> =>
    new Promise((_resolve, reject) => later.push(() => reject(new RangeError(text))));
  const made = [
    producer.produceItem(() => 0),
    producer.produceItem(fail, 'first'),
    producer.produceItem(fail, 'second'),
  ];
  later[1]?.();
  await nextTurn();
  later[0]?.();
  t.deepEqual(await Promise.all(made), [0, undefined, undefined]);
  await t.throwsAsync(producer.stop(), { message: 'first' });
  t.regex(log.map(([, line]) => line).join('\n'), /second/);
});

test.serial('an item that cannot go to a thread is a failed item', async (t) => {
  const producer = new OrderedItemProducer<unknown>();
  await producer.start(collect);
  void producer.produceItem(() => 1);
  t.is(await producer.produceItem(() => () => 2).catch(() => 'rejected'), undefined);
  await t.throwsAsync(producer.stop(), { instanceOf: UncloneableError });
});

test.serial('a consumer whose thread is lost comes out of stop', async (t) => {
  const producer = new OrderedItemProducer<number>();
  await producer.start((items: BlockingItems<number>) => {
    for (const _item of items) process.exit(1);
  });
  void producer.produceItem(() => 1);
  await t.throwsAsync(producer.stop(), { instanceOf: ThreadLostError });
});

test.serial('stop produces what was asked for while paused', async (t) => {
  const producer = new OrderedItemProducer<number>();
  await producer.start(collect);
  producer.pauseProducing();
  const made = producer.produceItem(() => 1);
  t.deepEqual(await producer.stop(), [1]);
  t.is(await made, 1);
});

test.serial('stopProducing drops what was asked for while paused', async (t) => {
  const producer = new OrderedItemProducer<number>();
  await producer.start(collect);
  producer.pauseProducing();
  const made = producer.produceItem(() => 1);
  producer.stopProducing();
  t.is(await made, undefined);
  t.deepEqual(await producer.stop(), []);
});

test.serial('stop again gives nothing', async (t) => {
  const producer = new OrderedItemProducer<number>();
  await t.throwsAsync(producer.stop(), { instanceOf: ThreadsClosedError });
  await producer.start(collect);
  const [first, second] = await Promise.all([producer.stop(), producer.stop()]);
  t.deepEqual(first, []);
  t.is(second, undefined);
  t.is(await producer.stop(), undefined);
});

test.serial('Consumerator: a registered producer is paused while the buffer is full', async (t) => {
  const events: string[] = [];
  const producer = {
    pauseProducing: () => events.push('pause'),
    resumeProducing: () => events.push('resume'),
    stopProducing: () => events.push('stop'),
  };
  const consumerator = new Consumerator<number>(undefined, { capacity: 2 });
  t.is(consumerator.runState, 'init');
  consumerator.registerProducer(producer as never);
  t.is(consumerator.runState, 'started');
  t.throws(() => consumerator.registerProducer(producer as never), {
    instanceOf: ThreadsClosedError,
  });
  const written = [1, 2, 3, 4].map((item) => consumerator.write(item));
  t.is(consumerator.runState, 'running');
  t.deepEqual(events, ['pause']);
  t.is(consumerator.waiting, 4);
  const done = consumerator.stop();
  t.is(consumerator.runState, 'stopping');
  const got: number[] = [];
  for await (const item of consumerator) got.push(item);
  await Promise.all([...written, done]);
  t.deepEqual(got, [1, 2, 3, 4]);
  t.deepEqual(events, ['pause', 'resume']);
  t.is(consumerator.runState, 'stopped');
  t.is(await consumerator.unregisterProducer(), undefined);
});

test.serial('TaskQueue: in order, a few at a time', async (t) => {
  const steps = new SharedSteps();
  const queue = new TaskQueue(1);
  const calls = [0, 1, 2].map((n) =>
    queue.call((cells: Int32Array, own: number) => [own, Atomics.add(cells, 0, 1)], steps.cells, n),
  );
  t.deepEqual([queue.running, queue.waiting], [1, 2]);
  t.deepEqual(await Promise.all(calls), [
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  await queue.shutdown();
  t.throws(() => queue.call(() => 1), { instanceOf: ThreadsClosedError });
});

test('wrong limits are refused', (t) => {
  const refused = { instanceOf: InvalidArgumentError };
  t.throws(() => new TaskQueue(0), refused);
  t.throws(() => PoolUser.setup(1.5), refused);
  t.throws(() => new OrderedItemProducer(0), refused);
  t.throws(() => new OrderedItemProducer({ highWaterMark: 0 }), refused);
  t.throws(() => PoolUser.pool, { instanceOf: ThreadsClosedError });
});

test('a failure that nobody asked for is logged when the process ends', async (t) => {
  const { code, stderr } = await runModule(`
    import { OrderedItemProducer } from 'backbeat';
    const producer = new OrderedItemProducer<number>();
    await producer.start((items: Iterable<number>) => [...items].length);
    await producer.produceItem(() => {
      throw new RangeError('unasked');
    });
  `);
  t.is(code, 0);
  t.regex(stderr, /ERROR [\s\S]*RangeError: unasked/);
});
