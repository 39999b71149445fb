// What comes out of a BackgroundGenerator, in which order, and how far it is ahead.
import test, { type ExecutionContext } from 'ava';
import { BackgroundGenerator, task } from '../src/index.ts';
import { tally, until } from './fixtures/shared-tally.ts';

const FIXTURE = new URL('./fixtures/generator-tasks.mjs', import.meta.url);
const TAKEN = 0;
const MADE = 1;
const LEAD = 2;

async function collect<T>(generator: BackgroundGenerator<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of generator.iterator()) items.push(item);
  return items;
}

/** A generator that notes how far it was ahead at most. */
function* watched(counts: Int32Array, items: number): Generator<number> {
  for (let item = 0; item < items; item++) {
    const made = Atomics.add(counts, 1, 1) + 1;
    const lead = made - Atomics.load(counts, 0);
    if (lead > Atomics.load(counts, 2)) Atomics.store(counts, 2, lead);
    yield item;
  }
}

for (const prefetch of [1, 2, 5, 64]) {
  test.serial(
    `with prefetch ${prefetch} it is ${prefetch + 1} items ahead, never more`,
    async (t) => {
      const counts = tally(3);
      const items = 50 + prefetch;
      const generator = new BackgroundGenerator(watched, { prefetch, args: [counts, items] });
      const reader = generator.iterator();
      for (let item = 0; item < items; item++) {
        const expected = Math.min(item + prefetch + 1, items);
        await until(() => counts[MADE] === expected);
        Atomics.add(counts, TAKEN, 1);
        t.is((await reader.next()).value, item);
      }
      t.true((await reader.next()).done);
      t.is(counts[LEAD], prefetch + 1);
    },
  );
}

for (const prefetch of [0, -3]) {
  test.serial(`with prefetch ${prefetch} it runs to its end unread`, async (t) => {
    const counts = tally(3);
    const generator = new BackgroundGenerator(watched, prefetch, null, [counts, 1000]);
    await until(() => generator.completed());
    t.is(counts[MADE], 1000);
    t.deepEqual(
      await collect(generator),
      Array.from({ length: 1000 }, (_, item) => item),
    );
  });
}

test.serial('without a limit, more than the channel holds comes in order', async (t) => {
  const count = 200_000;
  const counts = tally(3);
  const generator = new BackgroundGenerator(watched, 0, null, [counts, count]);
  await until(() => counts[MADE] === count);
  const items = await collect(generator);
  t.is(items.length, count);
  t.true(items.every((item, index) => item === index));
});

test.serial('without a limit, an item is what it was when it was yielded', async (t) => {
  const counts = tally();
  function* reusing(): Generator<{ at: number }> {
    const item = { at: 0 };
    for (; item.at < 70_000; item.at++) yield item;
    Atomics.store(counts, 0, 1);
  }
  const generator = new BackgroundGenerator(reusing, 0);
  await until(() => counts[0] === 1);
  const items = await collect(generator);
  t.true(items.every(({ at }, index) => at === index));
});

const VALUES = [undefined, null, 0, -0, '', false, Number.NaN, 'EOF', [], {}, 7n, new Date(3)];

async function comesOut(t: ExecutionContext, values: unknown[]): Promise<void> {
  const generator = new BackgroundGenerator((all: unknown[]) => all, { args: [values] });
  t.deepEqual(await collect(generator), values);
}
test.serial('every value passes, none means the end', comesOut, VALUES);
test.serial('bytes and typed arrays pass', comesOut, [
  new Uint8Array(3).fill(7),
  new Float64Array([1, 2]),
  new Map([[1, new Set([2])]]),
]);

test.serial('an empty generator ends at once', async (t) => {
  const generator = new BackgroundGenerator(function* nothing() {});
  t.deepEqual(await collect(generator), []);
  t.true(generator.completed());
  t.false(generator.hasError);
});

const SOURCES: Record<string, () => unknown> = {
  'a generator function': function* () {
    yield* [1, 2, 3];
  },
  'an async generator function': async function* () {
    yield 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield* [2, 3];
  },
  'a function that returns an array': () => [1, 2, 3],
  'a function that returns a set': () => new Set([1, 2, 3]),
  'a function that returns an iterator': () => {
    let item = 0;
    return { next: () => ({ value: ++item, done: item > 3 }) };
  },
  'a function that returns an async iterator': () => {
    let item = 0;
    return { next: async () => ({ value: ++item, done: item > 3 }) };
  },
  'a function that returns a promise of an array': async () => [1, 2, 3],
  'a generator of promises': function* () {
    yield Promise.resolve(1);
    yield 2;
    yield new Promise((resolve) => setTimeout(resolve, 1, 3));
  },
};
for (const [what, source] of Object.entries(SOURCES)) {
  test.serial(`${what} can be the generator`, async (t) => {
    const generator = new BackgroundGenerator(source as () => number[]);
    t.deepEqual(await collect(generator), [1, 2, 3]);
  });
  test.serial(`${what} can be read by a loop that blocks`, (t) => {
    const generator = new BackgroundGenerator(source as () => number[]);
    t.deepEqual([...generator.iteratorSync()], [1, 2, 3]);
  });
}

test.serial('a task can be the generator', async (t) => {
  const generator = new BackgroundGenerator<number>(task(FIXTURE, 'countTo'), { args: [3] });
  t.is(generator.name, 'countTo_0');
  t.deepEqual(await collect(generator), [0, 1, 2]);
});

test.serial('a generator may use captured variables', async (t) => {
  const factor = 3;
  const generator = new BackgroundGenerator(function* () {
    yield factor;
    yield factor * factor;
  });
  t.deepEqual(await collect(generator), [3, 9]);
});

test.serial('captures can be given', async (t) => {
  const generator = new BackgroundGenerator(
    (await import('./fixtures/generator-tasks.mjs')).scaled,
    {
      captures: { scale: 5 },
    },
  );
  t.deepEqual(await collect(generator), [5, 10]);
});

test.serial('args come by position, kwargs as one object behind them', async (t) => {
  function* given(...all: unknown[]): Generator<unknown[]> {
    yield all;
  }
  t.deepEqual(await collect(new BackgroundGenerator(given, 1, null, [1, 2], { c: 3 })), [
    [1, 2, { c: 3 }],
  ]);
  t.deepEqual(await collect(new BackgroundGenerator(given, 1, 'name')), [[]]);
});

test.serial('moved buffers come whole', async (t) => {
  const blocks = task<(count: number) => Uint8Array[]>(FIXTURE, 'movedBlocks');
  const generator = new BackgroundGenerator(blocks, { args: [3] });
  const items = await collect(generator);
  t.deepEqual(
    items.map((item) => [item.length, item[0], item[(1 << 20) - 1]]),
    [1, 2, 3].map((fill) => [1 << 20, fill, fill]),
  );
});

test.serial('arguments can be moved to the generator', async (t) => {
  const block = new Uint8Array(1 << 16).fill(9);
  const generator = new BackgroundGenerator((bytes: Uint8Array) => [bytes.length, bytes[5]], {
    args: [block],
    transfer: [block.buffer],
  });
  t.is(block.length, 0);
  t.deepEqual(await collect(generator), [1 << 16, 9]);
});

test.serial('two readers share the items, and both see the end', async (t) => {
  function* counting(): Generator<number> {
    for (let item = 0; item < 1000; item++) yield item;
  }
  const generator = new BackgroundGenerator(counting, 4);
  const both = await Promise.all([collect(generator), collect(generator)]);
  for (const items of both)
    t.deepEqual(
      items,
      items.toSorted((a, b) => a - b),
    );
  t.deepEqual(
    both.flat().toSorted((a, b) => a - b),
    Array.from({ length: 1000 }, (_, item) => item),
  );
});

test.serial('the end is there for whoever asks again', async (t) => {
  const generator = new BackgroundGenerator(() => [1, 2]);
  t.deepEqual(await collect(generator), [1, 2]);
  t.deepEqual(await collect(generator), []);
  t.deepEqual([...generator.iteratorSync()], []);
});

test.serial('nexts that were called ahead are answered in order', async (t) => {
  const generator = new BackgroundGenerator(() => [1, 2, 3]);
  const reader = generator.iterator();
  const steps = await Promise.all(Array.from({ length: 5 }, () => reader.next()));
  t.deepEqual(
    steps.map(({ value }) => value),
    [1, 2, 3, undefined, undefined],
  );
});

test.serial('a blocking and an awaiting reader can take turns', async (t) => {
  const generator = new BackgroundGenerator(() => [1, 2, 3, 4], 1);
  const awaiting = generator.iterator();
  const blocking = generator.iteratorSync();
  t.is((await awaiting.next()).value, 1);
  t.is(blocking.next().value, 2);
  t.is((await awaiting.next()).value, 3);
  t.is(blocking.next().value, 4);
  t.true((await awaiting.next()).done);
  t.true(blocking.next().done);
});
