// Recorded runs of the background generator: ours must do the same, or better where it was wrong.
import test from 'ava';
import { BackgroundGenerator, BackgroundWorkerPool, MultiThread } from '../../src/index.ts';
import { laneClient } from '../../src/lane/lane-client.ts';
import { CLOSED, counting, MADE, tally, until } from '../fixtures/shared-tally.ts';
import { scenario } from './recorded.ts';

async function collect<T>(generator: BackgroundGenerator<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of generator.iterator()) items.push(item);
  return items;
}

test.beforeEach(() => BackgroundWorkerPool.setLogger(() => undefined));

test.serial('000-starts-at-construction: it runs before anybody reads', async (t) => {
  const { producedBeforeIteration, isAlive, completed } = scenario(
    '000-starts-at-construction',
  ).observed;
  const counts = tally(2);
  const generator = new BackgroundGenerator(counting, { args: [counts, 9] });
  await until(() => counts[MADE] === producedBeforeIteration.length - 1);
  t.deepEqual([generator.isAlive(), generator.completed()], [isAlive, completed]);
  generator[Symbol.dispose]();
});

test.serial('000-prefetch-2: three are made unread, and one more for each taken', async (t) => {
  const { inputs, ideal } = scenario('000-prefetch-2');
  const counts = tally(2);
  const { prefetch, items } = inputs;
  const generator = new BackgroundGenerator(counting, { prefetch, args: [counts, items] });
  const reader = generator.iterator();
  await until(() => counts[MADE] === ideal.producedAtRest);
  await reader.next();
  await until(() => counts[MADE] === ideal.producedAfterTaking1);
  await reader.next();
  await reader.next();
  await until(() => counts[MADE] === ideal.producedAfterTaking3);
  await reader.return?.();
  await generator.join();
  t.is(counts[MADE], ideal.producedAfterTaking3);
});

for (const [id, prefetch] of [
  ['000-prefetch-zero', 0],
  ['000-prefetch-negative', -3],
] as const) {
  test.serial(`${id}: no limit`, async (t) => {
    const { items, producedAtRest } = scenario(id).observed;
    const counts = tally(2);
    const generator = new BackgroundGenerator(counting, prefetch, null, [counts, items]);
    await until(() => generator.completed());
    t.is(counts[MADE], producedAtRest);
    t.is((await collect(generator)).length, items);
  });
}

test.serial('000-empty: ends at once', async (t) => {
  const { observed } = scenario('000-empty');
  const generator = new BackgroundGenerator(() => observed.items as number[]);
  const items = await collect(generator);
  const { hasError } = generator;
  t.deepEqual({ items, completed: generator.completed(), hasError }, observed);
});

test.serial('000-error-at-call: thrown by the call, or not iterable', async (t) => {
  t.is(scenario('000-error-at-call').observed.notIterable.raised.type, 'TypeError');
  const thrown = new BackgroundGenerator((): number[] => {
    throw new ReferenceError('k');
  });
  await t.throwsAsync(collect(thrown), { instanceOf: ReferenceError, message: 'k' });
  const none = new BackgroundGenerator(() => 5 as never);
  await t.throwsAsync(collect(none), { instanceOf: TypeError });
});

test.serial('000-error-after-items-fast-consumer: items first', async (t) => {
  const { items, raised } = scenario('000-error-after-items-fast-consumer').observed;
  const generator = new BackgroundGenerator(function* (): Generator<number> {
    yield* [1, 2, 3];
    throw new RangeError('late');
  });
  const got: number[] = [];
  const read = async () => {
    for await (const item of generator.iterator()) got.push(item);
  };
  await t.throwsAsync(read, { instanceOf: RangeError, message: raised.message });
  t.deepEqual(got, items);
});

test.serial('000-restart-after-join: a second pass', async (t) => {
  const { first, second } = scenario('000-restart-after-join').observed;
  const passes = tally();
  const generator = new BackgroundGenerator(
    function* (shared: Int32Array) {
      yield Atomics.add(shared, 0, 1) + 1;
    },
    { args: [passes] },
  );
  t.deepEqual(await collect(generator), first);
  await generator.join();
  generator.start();
  t.deepEqual(await collect(generator), second.value);
});

test.serial('000-args: by position, and none', async (t) => {
  const { inputs, observed } = scenario('000-args');
  function* given(a = 7, b?: number, { c }: { c?: number } = {}): Generator<unknown> {
    yield b === undefined ? a : [a, b, c];
  }
  const { args, kwargs } = inputs;
  t.deepEqual(await collect(new BackgroundGenerator(given, { args, kwargs })), observed.items);
  const none = new BackgroundGenerator(given, { args: null, kwargs: null });
  t.deepEqual(await collect(none), observed.none);
});

for (const id of ['000-overlap', '000-gil-overlap']) {
  test.serial(`${id}: the next item is made while one is in use`, async (t) => {
    const { items } = scenario(id).inputs;
    const counts = tally(2);
    const generator = new BackgroundGenerator(counting, 1, null, [counts, items]);
    let used = 0;
    // Not overlapped, the loop would wait for ever.
    for (const _item of generator.iteratorSync()) {
      used++;
      while (Atomics.load(counts, MADE) < Math.min(used + 1, items));
    }
    t.is(used, items);
  });
}

test.serial('000-daemon: the threads are daemons', (t) => {
  const generator = new BackgroundGenerator(() => []);
  t.is(generator.daemon, scenario('000-daemon').observed.daemonAttr);
});

test.serial('000-multithread-names: names, flags, two passes', async (t) => {
  const { inputs, observed } = scenario('000-multithread-names');
  const sums = tally(2);
  const [number, factor] = observed.arg;
  const target = (shared: Int32Array, a: number, b: number): void => {
    Atomics.add(shared, 0, 1);
    Atomics.add(shared, 1, a * b);
  };
  const { threadCount, name } = inputs;
  const threads = new MultiThread(target, sums, number, factor, { threadCount, name });
  const { hasError, errors } = threads;
  t.deepEqual([threads.isAlive(), threads.completed(), hasError, errors], observed.beforeStart);
  for (const names of [observed.names, observed.namesSecond]) {
    threads.start();
    t.deepEqual(threads.threadNames, names);
    await threads.join();
  }
  t.deepEqual([...sums], [observed.calls, observed.calls * number * factor]);
});

test.serial('000-multithread-start-twice: a second set of threads', async (t) => {
  const { inputs, observed } = scenario('000-multithread-start-twice');
  const counts = tally();
  const target = (shared: Int32Array): unknown => Atomics.add(shared, 0, 1);
  const threads = new MultiThread(target, counts, { ...inputs, name: 'tw' });
  threads.start();
  threads.start();
  t.deepEqual(threads.threadNames, observed.names);
  await threads.join();
  t.is(counts[0], observed.calls);
});

test.serial('000-throughput: all arrive, in order', async (t) => {
  const { items, prefetch } = scenario('000-throughput').inputs;
  for (const ahead of prefetch) {
    const generator = new BackgroundGenerator(counting, ahead, null, [tally(2), items]);
    let next = 0;
    for await (const item of generator.iterator()) if (item === next) next++;
    t.is(next, items);
  }
});

test.serial('000-array-item: arrays are items', async (t) => {
  t.is(scenario('000-array-item').observed.numeric.raised.type, 'ValueError');
  const arrays = [[1, 2, 3], new Float64Array(3), ['EOF']];
  const generator = new BackgroundGenerator((all: unknown[]) => all, { args: [arrays] });
  t.deepEqual(await collect(generator), arrays);
});

test.serial('000-error-global: errors belong to their object', async (t) => {
  t.true(scenario('000-error-global').observed.BhasError);
  const bad = new BackgroundGenerator((): number[] => {
    throw new Error('fromA');
  });
  await t.throwsAsync(collect(bad), { message: 'fromA' });
  const good = new BackgroundGenerator(() => [1, 2, 3]);
  t.deepEqual(await collect(good), [1, 2, 3]);
  t.deepEqual([good.hasError, good.errors], [false, []]);
});

test.serial(
  '000-join-without-consuming: join returns, and the items are still there',
  async (t) => {
    const { inputs, observed } = scenario('000-join-without-consuming');
    t.true(observed.join.hung);
    const { prefetch, items } = inputs;
    const generator = new BackgroundGenerator(counting, { prefetch, args: [tally(2), items] });
    await generator.join();
    t.false(generator.isAlive());
    t.is((await collect(generator)).length, items);
  },
);

test.serial('000-consumer-leaves: no thread is left, every source is closed', async (t) => {
  const { inputs, observed } = scenario('000-consumer-leaves');
  t.is(observed.threadsLeft, inputs.repeat);
  const counts = tally(2);
  for (let round = 0; round < inputs.repeat; round++) {
    const { prefetch, items } = inputs;
    const generator = new BackgroundGenerator(counting, { prefetch, args: [counts, items] });
    for await (const item of generator.iterator()) if (item === 1) break;
  }
  await until(() => laneClient().underWay === 0);
  t.is(counts[CLOSED], inputs.repeat);
});

test.serial('000-iterate-again: the end is there for everybody', async (t) => {
  const { first, second } = scenario('000-iterate-again').observed;
  t.true(second.hung);
  const generator = new BackgroundGenerator(() => [1, 2]);
  t.deepEqual(await collect(generator), first);
  t.deepEqual(await collect(generator), []);
});

test.serial('000-start-again: refused while it runs', async (t) => {
  const { items, prefetch } = scenario('000-start-again').inputs;
  const generator = new BackgroundGenerator((all: number[]) => all, { prefetch, args: [items] });
  t.throws(() => generator.start(), { code: 'BACKBEAT_GENERATOR_RUNNING' });
  t.deepEqual(await collect(generator), items);
});

test.serial('000-names-never-freed: a name is free after the end', async (t) => {
  t.is(scenario('000-names-never-freed').observed.secondName, 'n_0');
  const generator = new BackgroundGenerator(() => [1], 1, 'n');
  await collect(generator);
  t.is(new BackgroundGenerator(() => [1], 1, 'n').name, 'n');
});

test.serial('000-baseexception: whatever ends it, the consumer learns of it', async (t) => {
  const { items, iteration } = scenario('000-baseexception').observed;
  t.true(iteration.hung);
  const generator = new BackgroundGenerator(function* () {
    yield 1;
    process.exit(0);
  });
  const got: number[] = [];
  const read = async () => {
    for await (const item of generator.iterator()) got.push(item);
  };
  await t.throwsAsync(read, { code: 'BACKBEAT_THREAD_LOST' });
  t.deepEqual(got, items);
  t.true(generator.hasError);
});
