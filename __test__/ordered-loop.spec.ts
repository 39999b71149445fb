// OrderedItemProducer for a `for await` on the same event loop: no thread, no copies.
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { OrderedItemProducer, PoolUser, ThreadsClosedError } from '../src/index.ts';
import { runModule } from './fixtures/child-module.ts';
import { later } from './fixtures/settling.ts';

test.serial.afterEach.always(() => PoolUser.shutdown());

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

test.serial('in request order, whatever order items get ready in', async (t) => {
  const producer = new OrderedItemProducer<number>();
  const collected = collect(producer);
  const pending = [0, 1, 2, 3].map(later);
  for (const { promise } of pending) void producer.produceItem(() => promise);
  for (const number of [2, 0, 3, 1]) {
    pending[number]?.settle();
    await nextTurn();
  }
  t.is(await producer.stop(), undefined);
  t.deepEqual(await collected, [0, 1, 2, 3]);
});

test.serial('items that were ready before the loop began come first', async (t) => {
  const producer = new OrderedItemProducer<string>();
  const produced = ['a', 'b'].map((item) => producer.produceItem(() => item));
  const items = producer[Symbol.asyncIterator]();
  t.deepEqual(await Promise.all(produced), ['a', 'b']);
  void producer.produceItem(async () => 'c');
  void producer.stop();
  t.deepEqual(await collect(items), ['a', 'b', 'c']);
});

test.serial('items are not copied, and need not be cloneable', async (t) => {
  const producer = new OrderedItemProducer<() => number>();
  const items = producer[Symbol.asyncIterator]();
  const item = (): number => 1;
  void producer.produceItem(() => item);
  void producer.stop();
  t.deepEqual(await collect(items), [item]);
});

test.serial('a failed item ends the loop before it, and comes out of stop', async (t) => {
  const producer = new OrderedItemProducer<number>();
  const collected = collect(producer);
  const slow = later(0);
  void producer.produceItem(() => slow.promise);
  void producer.produceItem(() => {
    throw new RangeError('one');
  });
  slow.settle();
  t.deepEqual(await collected, [0]);
  await t.throwsAsync(producer.stop(), { instanceOf: RangeError, message: 'one' });
});

test.serial('leaving the loop ends production', async (t) => {
  const producer = new OrderedItemProducer<number>();
  const items = producer[Symbol.asyncIterator]();
  for (const item of [0, 1, 2]) void producer.produceItem(() => item);
  for await (const item of items) {
    t.is(item, 0);
    break;
  }
  t.is(producer.produce, null);
  t.is(await producer.produceItem(() => t.fail() as never), undefined);
  t.deepEqual(await items.next(), { value: undefined, done: true });
  t.is(await producer.stop(), undefined);
});

test.serial('ready waits for a slow loop', async (t) => {
  const producer = new OrderedItemProducer<number>({ highWaterMark: 4 });
  const items = producer[Symbol.asyncIterator]();
  let asked = 0;
  const produce = async (): Promise<void> => {
    for (; asked < 100; asked++) {
      await producer.ready;
      void producer.produceItem(() => asked);
    }
  };
  const produced = produce().then(() => producer.stop());
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  // As many in the buffer as in front of it.
  t.is(asked, 8);
  t.is((await items.next()).value, 0);
  await nextTurn();
  t.is(asked, 9);
  t.is((await collect(items)).length, 99);
  await produced;
});

test.serial('ready goes on with an item that is handed over alone', async (t) => {
  for (const isHere of [true, false]) {
    const producer = new OrderedItemProducer<number>({ highWaterMark: 1 });
    const collected = isHere ? collect(producer) : producer.start((items) => [...items]);
    for (const number of [0, 1, 2]) {
      await producer.ready;
      const { promise, settle } = later(number);
      void producer.produceItem(() => promise);
      settle();
    }
    const stopped = await producer.stop();
    t.deepEqual(isHere ? await collected : stopped, [0, 1, 2]);
  }
});

test.serial('nothing comes while production is paused', async (t) => {
  const producer = new OrderedItemProducer<number>();
  const items = producer[Symbol.asyncIterator]();
  const slow = later(1);
  void producer.produceItem(() => slow.promise);
  producer.pauseProducing();
  slow.settle();
  let hasCome = false;
  const next = items.next().then(({ value }) => {
    hasCome = true;
    return value;
  });
  await nextTurn();
  t.false(hasCome);
  producer.resumeProducing();
  t.is(await next, 1);
  await Promise.all([producer.stop(), collect(items)]);
});

test.serial('ten thousand behind a slow one', async (t) => {
  const producer = new OrderedItemProducer<number>({ highWaterMark: 20_000 });
  const items = producer[Symbol.asyncIterator]();
  const slow = later(0);
  void producer.produceItem(() => slow.promise);
  for (let item = 1; item < 10_000; item++) void producer.produceItem(() => item);
  slow.settle();
  void producer.stop();
  const collected = await collect(items);
  t.is(collected.length, 10_000);
  t.true(collected.every((item, index) => item === index));
});

test.serial('it is started once, here or on a thread', async (t) => {
  const producer = new OrderedItemProducer<number>();
  const items = producer[Symbol.asyncIterator]();
  t.throws(() => producer[Symbol.asyncIterator](), { instanceOf: ThreadsClosedError });
  await t.throwsAsync(
    producer.start(() => undefined),
    { instanceOf: ThreadsClosedError },
  );
  await Promise.all([producer.stop(), collect(items)]);
});

test.serial('several readers get the items in turn, and all of them the end', async (t) => {
  const producer = new OrderedItemProducer<number>();
  const items = producer[Symbol.asyncIterator]();
  const steps = Promise.all([items.next(), items.next(), items.next(), items.next()]);
  void producer.produceItem(() => 0);
  void producer.produceItem(() => 1);
  await producer.stop();
  t.deepEqual(
    (await steps).map(({ value }) => value),
    [0, 1, undefined, undefined],
  );
});

test('it starts no thread', async (t) => {
  const { stdout, code } = await runModule(`
    import { OrderedItemProducer } from 'backbeat';
    process.on('worker', () => console.log('a thread'));
    const producer = new OrderedItemProducer<number>();
    const items = producer[Symbol.asyncIterator]();
    void producer.produceItem(async () => 1);
    void producer.stop();
    for await (const item of items) console.log(item);
  `);
  t.is(stdout, '1\n');
  t.is(code, 0);
});
