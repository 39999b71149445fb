// Recorded runs of the spawned generator: ours must do the same, or better where it was wrong.
import test from 'ava';
import { SpawnedGenerator } from '../../src/index.ts';
import { laneClient } from '../../src/lane/lane-client.ts';
import { CLOSED, counting, MADE, tally, until } from '../fixtures/shared-tally.ts';
import { scenario } from './recorded.ts';

const GATE = 2;

/** Makes its items from the second on only when the test has opened the gate for them. */
function* gated(counts: Int32Array, items: number): Generator<number> {
  for (let item = 0; item < items; item++) {
    Atomics.add(counts, 0, 1);
    while (Atomics.load(counts, 2) < item) Atomics.wait(counts, 2, Atomics.load(counts, 2), 5);
    yield item;
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function failureOf<T>(source: AsyncIterable<T>) {
  const items: T[] = [];
  try {
    for await (const item of source) items.push(item);
  } catch (error) {
    return { items, error: error as Error };
  }
  return { items, error: undefined };
}

test.serial('003-basic: all in order, alive only meanwhile', async (t) => {
  const { inputs, observed } = scenario('003-basic');
  const spawned = new SpawnedGenerator((all: number[]) => all, inputs.queueSize, {
    args: [inputs.iterable],
  });
  const aliveBefore = spawned.isAlive();
  const items = await collect(spawned);
  t.deepEqual({ items, aliveBefore, aliveAfter: spawned.isAlive() }, observed);
});

for (const id of ['003-empty', '003-falsy', '003-py3-port-end']) {
  test.serial(`${id}: comes out as it is, by thread and by loop`, async (t) => {
    const { iterable } = scenario(id).inputs;
    t.deepEqual(await collect(new SpawnedGenerator(iterable as unknown[])), iterable);
    const onThread = new SpawnedGenerator((all: unknown[]) => all, 0, { args: [iterable] });
    t.deepEqual(await collect(onThread), iterable);
  });
}

test.serial('003-lazy-start: nothing before the first item', async (t) => {
  const { observed } = scenario('003-lazy-start');
  const counts = tally(2);
  const spawned = new SpawnedGenerator(counting, 1, { args: [counts, 3] });
  t.is(counts[MADE], observed.afterConstruct.length);
  const reader = spawned.execute();
  t.deepEqual([spawned.isAlive(), counts[MADE]], [observed.aliveAfterIter, 0]);
  t.is((await reader.next()).value, observed.item - 1);
  await reader.return?.();
});

for (const id of ['003-queue-size-1', '003-queue-size-5', '003-queue-size-negative']) {
  test.serial(`${id}: taken + queueSize + 1, or all`, async (t) => {
    const { inputs, observed, ideal } = scenario(id);
    const counts = tally(2);
    const { queueSize, items } = inputs;
    const reader = new SpawnedGenerator(counting, queueSize, { args: [counts, items] }).execute();
    let taken = 0;
    for (const [index, until_] of observed.taken.entries()) {
      for (; taken < until_; taken++) await reader.next();
      await until(() => counts[MADE] === ideal.producedAfterTaking[index]);
    }
    await reader.return?.();
    await until(() => counts[CLOSED] === 1);
    t.is(counts[MADE], ideal.producedAfterTaking.at(-1));
  });
}

test.serial('003-error-mid: items first, then the error', async (t) => {
  const { items, raised } = scenario('003-error-mid').observed;
  const { items: got, error } = await failureOf(
    new SpawnedGenerator(function* () {
      yield* [1, 2];
      throw new RangeError('bad');
    }),
  );
  t.deepEqual([got, error?.message, error instanceof RangeError], [items, raised.message, true]);
});

for (const id of ['003-error-first', '003-not-iterable']) {
  test.serial(`${id}: an error of the first item, not of the construction`, async (t) => {
    t.truthy(scenario(id).observed.raised);
    const spawned =
      id === '003-not-iterable'
        ? new SpawnedGenerator(scenario(id).inputs.iterable)
        : new SpawnedGenerator((): number[] => {
            throw new TypeError('k');
          });
    const { items, error } = await failureOf(spawned);
    t.deepEqual(items, []);
    t.true(error instanceof TypeError);
  });
}

test.serial('003-error-systemexit: whatever is thrown is carried', async (t) => {
  const { items } = scenario('003-error-systemexit').observed;
  const exit = { code: 7 };
  const { items: got, error } = await failureOf(
    new SpawnedGenerator(function* () {
      yield 1;
      throw exit;
    }),
  );
  t.deepEqual([got, error as unknown], [items, exit]);
});

test.serial('003-error-traceback: the stack names the function that threw', async (t) => {
  t.true(scenario('003-error-traceback').observed.tracebackNamesProducerFrame);
  function inner(): never {
    throw new Error('deep');
  }
  const { error } = await failureOf(
    new SpawnedGenerator(function* () {
      yield 1;
      inner();
    }),
  );
  t.regex(error?.stack ?? '', /inner/);
});

for (const queueSize of scenario('003-stop-mid').inputs.queueSize) {
  test.serial(`003-stop-mid: the item in work is delivered, queue size ${queueSize}`, async (t) => {
    const observed = scenario('003-stop-mid').observed[`queueSize${queueSize}`];
    const counts = tally(3);
    const spawned = new SpawnedGenerator(gated, queueSize, { args: [counts, 9] });
    const reader = spawned.execute();
    for (let taken = 0; taken < observed.takenBeforeStop; taken++) {
      Atomics.store(counts, GATE, taken);
      await reader.next();
    }
    await until(() => counts[MADE] === observed.produced);
    spawned.stop();
    Atomics.store(counts, GATE, 9);
    t.is((await collect(reader)).length, observed.itemsAfterStop);
    t.deepEqual([counts[MADE], spawned.isAlive()], [observed.produced, observed.alive]);
  });
}

for (const queueSize of scenario('003-stop-slow-consumer').inputs.queueSize) {
  test.serial(
    `003-stop-slow-consumer: what was made is delivered, queue size ${queueSize}`,
    async (t) => {
      const observed = scenario('003-stop-slow-consumer').observed[`queueSize${queueSize}`];
      const counts = tally(2);
      const items = queueSize === 0 ? observed.producedAtStop : 10_000;
      const spawned = new SpawnedGenerator(counting, queueSize, { args: [counts, items] });
      const reader = spawned.execute();
      await reader.next();
      await until(() => counts[MADE] === observed.producedAtStop);
      spawned.stop();
      // Better than recorded: it ends without having to be drained.
      await until(() => !spawned.isAlive());
      const rest = await collect(reader);
      t.deepEqual([rest.length, rest.at(-1)], [observed.itemsStillDelivered, observed.lastItem]);
    },
  );
}

test.serial('003-stop-while-blocked-in-source: after the item in work', async (t) => {
  const { ideal } = scenario('003-stop-while-blocked-in-source');
  const counts = tally(3);
  const spawned = new SpawnedGenerator(gated, 5, { args: [counts, 3] });
  const reader = spawned.execute();
  await reader.next();
  await until(() => counts[MADE] === 2);
  spawned.stop();
  Atomics.store(counts, GATE, 9);
  t.is((await collect(reader)).length, ideal.rest.length);
});

test.serial('003-stop-after-end: no effect', async (t) => {
  const { items } = scenario('003-stop-after-end').observed;
  const spawned = new SpawnedGenerator(() => [1]);
  t.deepEqual(await collect(spawned), items);
  spawned.stop();
  spawned.stop();
  t.false(spawned.isAlive());
});

test.serial('003-stop-runs-source-cleanup: stop() closes the source', async (t) => {
  t.deepEqual(scenario('003-stop-runs-source-cleanup').observed.cleanupRightAfterStop, []);
  const counts = tally(2);
  const spawned = new SpawnedGenerator(counting, 1, { args: [counts, 1e9] });
  await spawned.execute().next();
  spawned.stop();
  await until(() => counts[CLOSED] === 1);
  t.pass();
});

test.serial('003-iterate-twice: refused', async (t) => {
  const { first, second } = scenario('003-iterate-twice').observed;
  t.is(second.type, 'RuntimeError');
  const spawned = new SpawnedGenerator(() => [1, 2]);
  t.deepEqual(await collect(spawned), first);
  await t.throwsAsync(collect(spawned), { code: 'BACKBEAT_ALREADY_ITERATED' });
});

test.serial('003-iterate-twice-concurrent: refused, the first goes on', async (t) => {
  const { firstItem, restOfFirst } = scenario('003-iterate-twice-concurrent').observed;
  const spawned = new SpawnedGenerator(() => [0, 1, 2, 3, 4], 1);
  const reader = spawned.execute();
  t.is((await reader.next()).value, firstItem);
  await t.throwsAsync(collect(spawned), { code: 'BACKBEAT_ALREADY_ITERATED' });
  t.deepEqual(await collect(reader), restOfFirst.value);
});

test.serial('003-consumer-leaves-bounded: every source is closed, no thread is left', async (t) => {
  const { inputs, observed } = scenario('003-consumer-leaves-bounded');
  t.is(observed.threadsLeft, inputs.repeat);
  const counts = tally(2);
  for (let round = 0; round < inputs.repeat; round++) {
    const { queueSize } = inputs;
    const spawned = new SpawnedGenerator(counting, queueSize, { args: [counts, 1e9] });
    for await (const item of spawned) if (item === 1) break;
  }
  await until(() => laneClient().underWay === 0);
  t.is(counts[CLOSED], inputs.repeat);
});

test.serial('003-consumer-leaves-unbounded: it makes no more', async (t) => {
  t.true(scenario('003-consumer-leaves-unbounded').observed.stillProducing);
  const counts = tally(2);
  const spawned = new SpawnedGenerator(counting, 0, { args: [counts, 1e9] });
  for await (const item of spawned) if (item === 1) break;
  await until(() => counts[CLOSED] === 1 && !spawned.isAlive());
  t.pass();
});

test.serial('003-stopiteration-inside-source: an iterator of its own kind', async (t) => {
  const { items } = scenario('003-stopiteration-inside-source').observed;
  const spawned = new SpawnedGenerator<number>(() => {
    let item = 0;
    return { next: () => ({ value: ++item, done: item > 2 }) };
  });
  t.deepEqual(await collect(spawned), items);
});

test.serial('003-main-not-blocked: the loop turns while an item is made', async (t) => {
  const { items } = scenario('003-main-not-blocked').observed;
  const counts = tally(3);
  const got: number[] = [];
  const reader = new SpawnedGenerator(gated, 1, { args: [counts, items.length] }).execute();
  for (let item = 0; item < items.length; item++) {
    const next = reader.next();
    for (let turn = 0; turn < 3; turn++) await new Promise((go) => setImmediate(go));
    Atomics.store(counts, GATE, item);
    got.push((await next).value as number);
  }
  t.deepEqual(got, items);
});

test.serial('003-join-before-consume: join returns, and the items are still there', async (t) => {
  const { inputs, observed } = scenario('003-join-before-consume');
  t.true(observed.joinAfterOneItem.hung);
  const spawned = new SpawnedGenerator(counting, inputs.queueSize, { args: [tally(2), 10] });
  const reader = spawned.execute();
  await reader.next();
  await spawned.join();
  t.is((await collect(reader)).length, 9);
});

test.serial('003-join-unstarted: refused', async (t) => {
  t.is(scenario('003-join-unstarted').observed.raised.type, 'RuntimeError');
  await t.throwsAsync(new SpawnedGenerator([1]).join(), { code: 'BACKBEAT_NOT_STARTED' });
});
