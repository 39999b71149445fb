// Recorded contracts of OrderedItemProducer and PoolUser: ours must do the same.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import test from 'ava';
import {
  type BlockingItems,
  Consumerator,
  OrderedItemProducer,
  PoolUser,
  ThreadsClosedError,
} from '../../src/index.ts';
import { later } from '../fixtures/settling.ts';
import { SharedSteps } from '../fixtures/shared-steps.ts';
import { threadScenario } from './recorded-threads.ts';

const collect = (items: BlockingItems<unknown>): unknown[] => [...items];

test.serial.afterEach.always(() => PoolUser.shutdown());

test.serial('004-no-items: stop without any item', async (t) => {
  const producer = new OrderedItemProducer();
  await producer.start(collect);
  t.deepEqual(await producer.stop(), threadScenario('004-no-items').observed.stopFiredWith);
});

test.serial('004-order-random: in request order, whatever order items get ready in', async (t) => {
  const { inputs } = threadScenario('004-order-random');
  const producer = new OrderedItemProducer<number>();
  await producer.start(collect);
  const numbers = Array.from({ length: inputs.items }, (_, number) => number);
  const pending = numbers.map(later);
  const produced = pending.map(({ promise }) => producer.produceItem(() => promise));
  // A permutation without a pattern: 37 and 100 have no common divisor.
  for (const number of numbers) pending[(number * 37) % inputs.items]?.settle();
  t.deepEqual(await Promise.all(produced), numbers);
  t.deepEqual(await producer.stop(), numbers);
});

test.serial(
  '004-head-of-line: a slow first item holds the others back, not their promises',
  async (t) => {
    const { inputs } = threadScenario('004-head-of-line');
    const steps = new SharedSteps();
    const producer = new OrderedItemProducer<number>();
    await producer.start((items: BlockingItems<number>, cells: Int32Array) => {
      const got: number[] = [];
      for (const item of items) {
        got.push(item);
        Atomics.add(cells, 0, 1);
      }
      return got;
    }, steps.cells);
    const first = later(0);
    const slow = producer.produceItem(() => first.promise);
    const quick = await Promise.all([1, 2, 3, 4].map((item) => producer.produceItem(() => item)));
    t.deepEqual(quick, [1, 2, 3, 4]);
    await nextTurn();
    t.is(steps.get(0), 0);
    t.is(producer.itemBuffer.size, inputs.items - 1);
    first.settle();
    t.is(await slow, 0);
    t.deepEqual(await producer.stop(), [0, 1, 2, 3, 4]);
  },
);

test.serial(
  '004-produce-before-start: runs at once, its promise waits for the start',
  async (t) => {
    const { observed } = threadScenario('004-produce-before-start');
    const producer = new OrderedItemProducer<number>();
    const ran: number[] = [];
    const fired = [false, false, false];
    const produced = [0, 1, 2].map((item) =>
      producer
        .produceItem(() => {
          ran.push(item);
          return item;
        })
        .then(() => {
          fired[item] = true;
        }),
    );
    t.deepEqual(ran, observed.ranBeforeStart);
    await nextTurn();
    t.deepEqual(fired, observed.firedBeforeStart);
    await producer.start(collect);
    await Promise.all(produced);
    t.deepEqual(fired, observed.firedAfterStart);
    t.deepEqual(await producer.stop(), observed.stop);
  },
);

test.serial('004-args: arguments of both functions come along', async (t) => {
  const producer = new OrderedItemProducer<number>();
  const func = (items: BlockingItems<number>, a: number, k: number): unknown => [a, k, [...items]];
  await producer.start(func, 1, 2);
  void producer.produceItem((x: number, y: number) => x + y, 5, 10);
  t.deepEqual(await producer.stop(), threadScenario('004-args').observed.stop);
});

test.serial('004-stop-waits-pending: stop waits for item functions', async (t) => {
  const producer = new OrderedItemProducer<string>();
  await producer.start(collect);
  const slow = later('slow');
  void producer.produceItem(() => slow.promise);
  let hasStopped = false;
  const stopping = producer.stop().finally(() => {
    hasStopped = true;
  });
  await nextTurn();
  t.false(hasStopped);
  slow.settle();
  t.deepEqual(await stopping, threadScenario('004-stop-waits-pending').observed.stop.value);
});

test.serial('004-produce-after-stop: does not run, gives nothing', async (t) => {
  const { observed } = threadScenario('004-produce-after-stop');
  const producer = new OrderedItemProducer<number>();
  await producer.start(collect);
  void producer.produceItem(() => 1);
  t.deepEqual(await producer.stop(), observed.stop);
  t.is(producer.produce, observed.produceFlag);
  let ran = 0;
  t.is(await producer.produceItem(() => ++ran), undefined);
  t.is(ran, observed.itemFunctionRan);
});

test.serial(
  '004-stop-producing: later ones do not run, stop still ends the consumer',
  async (t) => {
    const { observed } = threadScenario('004-stop-producing');
    const producer = new OrderedItemProducer<number>();
    await producer.start(collect);
    void producer.produceItem(() => 1);
    producer.stopProducing();
    let ran = 0;
    t.is(await producer.produceItem(() => ++ran), undefined);
    t.is(ran, observed.itemFunctionRan);
    t.deepEqual(await producer.stop(), observed.stop.value);
  },
);

test.serial('004-stop-with-failure: the consumer ends normally, stop fails with it', async (t) => {
  const { inputs, observed } = threadScenario('004-stop-with-failure');
  t.is(inputs.steps.at(-1), 'stop(failure)');
  const steps = new SharedSteps();
  const producer = new OrderedItemProducer<number>();
  await producer.start((items: BlockingItems<number>, cells: Int32Array) => {
    for (const item of items) cells[0] = item;
    cells[1] = 1;
  }, steps.cells);
  void producer.produceItem(() => observed.consumed[0]);
  const given = new TypeError('given');
  t.is(await t.throwsAsync(producer.stop(given)), given);
  t.deepEqual([[steps.get(0)], steps.get(1)], [observed.consumed, 1]);
});

test.serial('004-defer-to-thread: value, error, from an instance, before setup', async (t) => {
  const { observed } = threadScenario('004-defer-to-thread');
  await t.throwsAsync(
    PoolUser.deferToThreadInPool(() => 1),
    { instanceOf: ThreadsClosedError },
  );
  PoolUser.setup();
  t.is(await PoolUser.deferToThreadInPool((n: number) => n + 1, 2), observed.value);
  const fails = PoolUser.deferToThreadInPool(() => {
    throw new TypeError('tb');
  });
  await t.throwsAsync(fails, { instanceOf: TypeError, message: observed.error.failure.message });
  const thread = await new PoolUser().deferToThreadInPool(() => threadId);
  t.is(thread !== threadId, observed.instanceOtherThread);
});

test.serial('004-pool-limit: at most maxThreads at once, the rest waits in order', async (t) => {
  const { inputs, observed } = threadScenario('004-pool-limit');
  PoolUser.setup(inputs.maxThreads);
  const steps = new SharedSteps();
  const func = (cells: Int32Array, n: number, most: number): number => {
    const running = Atomics.add(cells, 0, 1) + 1;
    if (running > Atomics.load(cells, 1)) Atomics.store(cells, 1, running);
    if (Atomics.add(cells, 2, 1) + 1 === most) {
      Atomics.store(cells, 3, 1);
      Atomics.notify(cells, 3);
    }
    Atomics.wait(cells, 3, 0);
    Atomics.sub(cells, 0, 1);
    return n;
  };
  const calls = Array.from({ length: inputs.calls }, (_, n) =>
    PoolUser.deferToThreadInPool(func, steps.cells, n, inputs.maxThreads),
  );
  t.deepEqual(await Promise.all(calls), observed.results);
  t.is(steps.get(1), observed.maxConcurrent);
});

test.serial('004-shutdown: waits for everything, afterwards setup makes a new pool', async (t) => {
  const { observed } = threadScenario('004-shutdown');
  const producer = new OrderedItemProducer<number>();
  await producer.start(collect);
  void producer.produceItem(() => 1);
  t.deepEqual(await producer.stop(), observed.stop);
  t.is((await PoolUser.shutdown()) ?? null, observed.shutdown.value);
  t.is(producer.i.runState, 'stopped');
  t.throws(() => PoolUser.pool, { instanceOf: ThreadsClosedError });
  PoolUser.setup();
  t.is(await PoolUser.deferToThreadInPool(() => 7), observed.afterSetup);
  t.is((await PoolUser.shutdown()) ?? null, observed.second.value);
});

test.serial(
  '004-many-producers: one more than there are threads starts when one has ended',
  async (t) => {
    const { inputs, observed } = threadScenario('004-many-producers');
    const producers = Array.from(
      { length: inputs.producers },
      () => new OrderedItemProducer(inputs.maxThreads),
    );
    let started = 0;
    const starts = producers.map((producer) =>
      producer.start(collect).then(() => {
        started++;
      }),
    );
    await Promise.all(starts.slice(0, inputs.maxThreads));
    await nextTurn();
    t.is(started, observed.startedFirst);
    t.deepEqual(await producers[0]?.stop(), observed.stop0.value);
    await starts.at(-1);
    t.is(started, observed.startedAfterOneStopped);
    await Promise.all(producers.slice(1).map((producer) => producer.stop()));
  },
);

test.serial('004-two-producers: each keeps its own order', async (t) => {
  const { inputs } = threadScenario('004-two-producers');
  const numbers = Array.from({ length: inputs.items }, (_, number) => number);
  const producers = [new OrderedItemProducer<number>(), new OrderedItemProducer<number>()];
  await Promise.all(producers.map((producer) => producer.start(collect)));
  for (const number of numbers) {
    for (const producer of producers) void producer.produceItem(async () => number);
  }
  for (const producer of producers) t.deepEqual(await producer.stop(), numbers);
});

test.serial('004-attributes: of a fresh producer', (t) => {
  const { observed } = threadScenario('004-attributes');
  const producer = new OrderedItemProducer();
  t.true(producer.i instanceof Consumerator);
  t.is(producer.i.runState, observed.iState);
  t.is(producer.k1, observed.k1);
  t.is(producer.k2, observed.k2);
  t.is(producer.produce, observed.produce);
  t.deepEqual(Object.fromEntries(producer.itemBuffer), observed.itemBuffer);
  t.is(OrderedItemProducer.minThreads, observed.minThreads);
  t.is(OrderedItemProducer.maxThreads, observed.maxThreads);
  // Documented, and missing in the original.
  t.is(typeof producer.q.call, 'function');
});
