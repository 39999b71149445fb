// OrderedItemProducer: rows of the table, and recorded bugs, the other way round.
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import {
  type BlockingItems,
  OrderedItemProducer,
  PoolUser,
  TaskQueue,
  ThreadsClosedError,
  task,
} from '../../src/index.ts';
import { SharedSteps } from '../fixtures/shared-steps.ts';
import { threadScenario } from './recorded-threads.ts';

const collect = (items: BlockingItems<unknown>): unknown[] => [...items];

test.serial.afterEach.always(() => PoolUser.shutdown());

test.serial('004-iterator-class: it is its own iterator, and the end stays', async (t) => {
  const { observed } = threadScenario('004-iterator-class');
  const producer = new OrderedItemProducer<number>();
  await producer.start((i: BlockingItems<number>) => ({
    items: [...i],
    iterIsSelf: i[Symbol.iterator]() === i,
    nextAfterEnd: [i.next(), i.next()],
  }));
  void producer.produceItem(() => observed.stop.value.items[0]);
  const { items, iterIsSelf } = observed.stop.value;
  const end = { value: undefined, done: true };
  t.deepEqual(await producer.stop(), { items, iterIsSelf, nextAfterEnd: [end, end] });
});

test.serial(
  '004-item-error-sync: stop gives the error, items behind it are not made',
  async (t) => {
    const { inputs, observed } = threadScenario('004-item-error-sync');
    const steps = new SharedSteps();
    const producer = new OrderedItemProducer<number>();
    await producer.start((items: BlockingItems<number>, cells: Int32Array) => {
      for (const item of items) cells[item] = 1;
      cells[7] = 1;
    }, steps.cells);
    let ran = 0;
    const produced = inputs.items.map((item: unknown) =>
      producer.produceItem(() => {
        ran++;
        if (item === 'fails') throw new RangeError('item');
        return item as number;
      }),
    );
    t.deepEqual(await Promise.all(produced), [0, 1, undefined, undefined, undefined]);
    t.is(ran, 3);
    t.is(producer.produce, observed.producerState[0]);
    await t.throwsAsync(producer.stop(), { instanceOf: RangeError, message: 'item' });
    const got = [0, 1, 2, 3, 4].filter((item) => steps.get(item) === 1);
    t.deepEqual(got, observed.consumerGotAtEnd);
    t.is(steps.get(7), 1);
  },
);

test.serial('004-fb-returns-early: everything settles, the pool can be shut down', async (t) => {
  const { inputs, observed } = threadScenario('004-fb-returns-early');
  const producer = new OrderedItemProducer<number>();
  await producer.start((items: BlockingItems<number>) => {
    items.next();
    items.next();
    return 'early';
  });
  const produced: Promise<number | undefined>[] = [];
  for (let item = 0; item < inputs.items; item++) {
    produced.push(producer.produceItem(async () => item));
  }
  await producer.i.deferUntilDone();
  await Promise.all(produced);
  let ran = 0;
  t.is(await producer.produceItem(() => ++ran), undefined);
  t.is(ran, observed.itemFunctionRan);
  t.is(await producer.stop(), observed.stop.value);
  await PoolUser.shutdown();
});

test.serial('004-fb-raises: stop gives its error, the pool can be shut down', async (t) => {
  const { inputs, observed } = threadScenario('004-fb-raises');
  const producer = new OrderedItemProducer<number>();
  await producer.start((items: BlockingItems<number>) => {
    let got = 0;
    for (const _item of items) if (++got === 2) throw new RangeError('Whoops');
  });
  for (let item = 0; item < inputs.items; item++) void producer.produceItem(() => item);
  const { message } = observed.stop.failure;
  await t.throwsAsync(producer.stop(), { instanceOf: RangeError, message });
  await PoolUser.shutdown();
});

test.serial(
  '004-stop-poll-latency: stop goes on with the last item, in the same turn',
  async (t) => {
    threadScenario('004-stop-poll-latency');
    const producer = new OrderedItemProducer<number>();
    await producer.start(collect);
    let settle!: (item: number) => void;
    const item = new Promise<number>((resolve) => {
      settle = resolve;
    });
    void producer.produceItem(() => item);
    const stopping = producer.stop();
    settle(1);
    await nextTurn();
    t.is(producer.i.runState === 'running', false);
    t.deepEqual(await stopping, [1]);
  },
);

test.serial('004-pause: neither item functions nor deliveries while paused', async (t) => {
  const { observed } = threadScenario('004-pause');
  const producer = new OrderedItemProducer<number>();
  const steps = new SharedSteps();
  await producer.start((items: BlockingItems<number>, cells: Int32Array) => {
    const got: number[] = [];
    for (const item of items) {
      got.push(item);
      Atomics.add(cells, 0, 1);
    }
    return got;
  }, steps.cells);
  producer.pauseProducing();
  let ran = 0;
  for (const item of [1, 2]) {
    void producer.produceItem(() => {
      ran++;
      return item;
    });
  }
  await nextTurn();
  t.deepEqual([ran, steps.get(0), producer.produce], [0, 0, false]);
  producer.resumeProducing();
  t.is(ran, 2);
  void producer.produceItem(() => 3);
  t.deepEqual(await producer.stop(), observed.all);
});

test.serial('004-start-twice: the second is refused at once', async (t) => {
  threadScenario('004-start-twice');
  const producer = new OrderedItemProducer();
  await producer.start(collect);
  await t.throwsAsync(producer.start(collect), { instanceOf: ThreadsClosedError });
  await producer.stop();
});

test.serial('004-backpressure: ready waits for a slow consumer', async (t) => {
  const { inputs } = threadScenario('004-backpressure');
  const highWaterMark = 4;
  const producer = new OrderedItemProducer<number>({ highWaterMark });
  const steps = new SharedSteps();
  await producer.start((items: BlockingItems<number>, cells: Int32Array) => {
    Atomics.wait(cells, 0, 0);
    return [...items].length;
  }, steps.cells);
  let asked = 0;
  const asking = (async () => {
    for (; asked < inputs.items; asked++) {
      await producer.ready;
      void producer.produceItem(() => asked);
    }
  })();
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  t.true(asked <= 2 * highWaterMark + 1, `${asked} items wait`);
  steps.set(0, 1);
  await asking;
  t.is(await producer.stop(), inputs.items);
});

test.serial('004-recursion: thousands behind a slow one', async (t) => {
  const { inputs } = threadScenario('004-recursion');
  const behind = inputs.itemsBehind[1] * 10;
  const producer = new OrderedItemProducer<number>();
  await producer.start((items: BlockingItems<number>) => {
    let expected = 0;
    for (const item of items) if (item !== expected++) return 'out of order';
    return expected;
  });
  let settle!: (item: number) => void;
  const first = new Promise<number>((resolve) => {
    settle = resolve;
  });
  void producer.produceItem(() => first);
  for (let item = 1; item <= behind; item++) void producer.produceItem(() => item);
  settle(0);
  t.is(await producer.stop(), behind + 1);
});

test.serial('004-resize-pool: another maximum is taken over', (t) => {
  const { observed } = threadScenario('004-resize-pool');
  t.is(observed.max4.raised.type, 'AttributeError');
  new OrderedItemProducer();
  t.is(PoolUser.pool.maxThreads, 10);
  new OrderedItemProducer(4);
  t.is(PoolUser.pool.maxThreads, 4);
  new OrderedItemProducer();
  t.is(PoolUser.pool.maxThreads, 4);
});

test.serial('004-use-after-shutdown: is refused, and no later shutdown hangs', async (t) => {
  threadScenario('004-use-after-shutdown');
  PoolUser.setup();
  await PoolUser.shutdown();
  const refused = PoolUser.deferToThreadInPool(() => 1);
  await t.throwsAsync(refused, { instanceOf: ThreadsClosedError });
  PoolUser.setup();
  await PoolUser.shutdown();
});

test.serial('004-shutdown-without-stop: is refused at once', async (t) => {
  threadScenario('004-shutdown-without-stop');
  const producer = new OrderedItemProducer();
  await producer.start(collect);
  await t.throwsAsync(PoolUser.shutdown(), { instanceOf: ThreadsClosedError });
  await producer.stop();
});

test.serial('004-blocking-fp: a thread task does not stall the loop', async (t) => {
  threadScenario('004-blocking-fp');
  const queue = new TaskQueue(1);
  const producer = new OrderedItemProducer<number>({ queue });
  await producer.start(collect);
  const steps = new SharedSteps();
  const module = new URL('../fixtures/blocking-item.mjs', import.meta.url);
  const waitAndGive = task<(cells: Int32Array, item: number) => number>(module, 'waitAndGive');
  const item = producer.produceItem(waitAndGive, steps.cells, 5);
  await steps.reached(0, 1);
  // The thread is blocked, and this loop is not.
  await nextTurn();
  steps.set(1, 1);
  t.is(await item, 5);
  t.deepEqual(await producer.stop(), [5]);
  await queue.shutdown();
});

test.serial('004-early-return-then-revived: stopped is final', async (t) => {
  const { observed } = threadScenario('004-early-return-then-revived');
  const producer = new OrderedItemProducer<string>();
  await producer.start((items: BlockingItems<string>) => items.next().value);
  void producer.produceItem(() => 'a');
  t.is(await producer.stop(), observed.stop);
  t.is(producer.produce, null);
  let ran = 0;
  const make = (): string => {
    ran++;
    return 'b';
  };
  t.is(await producer.produceItem(make), undefined);
  producer.resumeProducing();
  t.is(await producer.produceItem(make), undefined);
  t.is(ran, 0);
});
