// SpawnedGenerator: what is iterated where, when it starts, how it is stopped and left.
import test from 'ava';
import { SpawnedGenerator } from '../src/index.ts';
import { laneClient } from '../src/lane/lane-client.ts';
import { runFixture } from './fixtures/program-run.ts';
import { CLOSED, counting, MADE, tally, until } from './fixtures/shared-tally.ts';

/** The sources, not the bundle: its inner modules cannot be looked into. */
const SOURCES = { nodeArgs: ['--import=tsx'] };

async function* countingLater(counts: Int32Array, items: number): AsyncGenerator<number> {
  for (const item of counting(counts, items)) {
    await Promise.resolve();
    yield item;
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

type Make = (counts: Int32Array, items: number, queueSize?: number) => SpawnedGenerator<number>;

/** The same items by each of the ways they can come. */
const ORIGINS: Record<string, Make> = {
  'a generator function on a thread': (counts, items, queueSize) =>
    new SpawnedGenerator(counting, queueSize, { args: [counts, items] }),
  'an async generator function on a thread': (counts, items, queueSize) =>
    new SpawnedGenerator(countingLater, queueSize, { args: [counts, items] }),
  'a generator on the loop': (counts, items, queueSize) =>
    new SpawnedGenerator(counting(counts, items), queueSize),
  'an async generator on the loop': (counts, items, queueSize) =>
    new SpawnedGenerator(countingLater(counts, items), queueSize),
};

for (const [origin, make] of Object.entries(ORIGINS)) {
  test.serial(`${origin}: nothing runs before the first item is asked for`, async (t) => {
    const counts = tally(2);
    const spawned = make(counts, 5, 1);
    const reader = spawned.execute();
    t.deepEqual([counts[MADE], spawned.isAlive()], [0, false]);
    t.is((await reader.next()).value, 0);
    t.true(spawned.isAlive());
    await reader.return?.();
  });

  for (const queueSize of [1, 5]) {
    test.serial(`${origin}: queue size ${queueSize} is ${queueSize + 1} ahead`, async (t) => {
      const counts = tally(2);
      const reader = make(counts, 60, queueSize).execute();
      for (let taken = 1; taken <= 10; taken++) {
        t.is((await reader.next()).value, taken - 1);
        await until(() => counts[MADE] === taken + queueSize + 1);
      }
      t.is(counts[MADE], 10 + queueSize + 1);
      await reader.return?.();
    });
  }

  for (const queueSize of [0, -2]) {
    test.serial(`${origin}: queue size ${queueSize} is no limit`, async (t) => {
      const counts = tally(2);
      const spawned = make(counts, 60, queueSize);
      const reader = spawned.execute();
      await reader.next();
      await until(() => counts[MADE] === 60 && !spawned.isAlive());
      t.is((await collect(reader)).length, 59);
    });
  }

  test.serial(`${origin}: leaving early closes the source`, async (t) => {
    const counts = tally(2);
    const spawned = make(counts, 1e9, 2);
    for await (const item of spawned) if (item === 3) break;
    await until(() => counts[CLOSED] === 1 && !spawned.isAlive());
    t.true((counts[MADE] as number) <= 4 + 3);
  });

  test.serial(
    `${origin}: stop() with a full queue delivers what was made, and closes`,
    async (t) => {
      const counts = tally(2);
      const spawned = make(counts, 1e9, 3);
      const reader = spawned.execute();
      await reader.next();
      await until(() => counts[MADE] === 5);
      spawned.stop();
      t.true(spawned.stopRequested);
      await until(() => counts[CLOSED] === 1 && !spawned.isAlive());
      t.deepEqual(await collect(reader), [1, 2, 3, 4]);
      t.is(counts[MADE], 5);
    },
  );

  test.serial(`${origin}: stop() before the first item is remembered`, async (t) => {
    const counts = tally(2);
    const spawned = make(counts, 5);
    spawned.stop();
    t.deepEqual(await collect(spawned), []);
    t.is(counts[MADE], 0);
  });

  test.serial(`${origin}: stop() at the end, and twice, does nothing`, async (t) => {
    const spawned = make(tally(2), 2);
    t.deepEqual(await collect(spawned), [0, 1]);
    spawned.stop();
    spawned.stop();
    t.false(spawned.isAlive());
  });

  test.serial(`${origin}: a second iteration is refused, the first goes on`, async (t) => {
    const spawned = make(tally(2), 5, 1);
    const reader = spawned.execute();
    t.is((await reader.next()).value, 0);
    const refused = { code: 'BACKBEAT_ALREADY_ITERATED' };
    await t.throwsAsync(spawned.execute().next(), refused);
    t.throws(() => [...spawned], refused);
    t.deepEqual(await collect(reader), [1, 2, 3, 4]);
    await t.throwsAsync(spawned.execute().next(), refused);
  });

  test.serial(`${origin}: join before the start is refused`, async (t) => {
    const spawned = make(tally(2), 5, 1);
    await t.throwsAsync(spawned.join(), { code: 'BACKBEAT_NOT_STARTED' });
    t.throws(() => spawned.joinSync(), { code: 'BACKBEAT_NOT_STARTED' });
  });

  test.serial(`${origin}: join keeps what nobody takes`, async (t) => {
    const spawned = make(tally(2), 100, 1);
    const reader = spawned.execute();
    await reader.next();
    await spawned.join();
    t.false(spawned.isAlive());
    t.is((await collect(reader)).length, 99);
  });

  test.serial(`${origin}: run() starts without a reader`, async (t) => {
    const counts = tally(2);
    const spawned = make(counts, 3);
    await spawned.run();
    t.is(counts[MADE], 3);
    t.deepEqual(await collect(spawned), [0, 1, 2]);
  });

  test.serial(`${origin}: await using ends it`, async (t) => {
    const counts = tally(2);
    {
      await using spawned = make(counts, 1e9, 1);
      await spawned.execute().next();
    }
    t.is(counts[CLOSED], 1);
  });
}

for (const origin of ['a generator function on a thread', 'a generator on the loop']) {
  const make = ORIGINS[origin] as Make;
  test.serial(`${origin}: a loop that blocks`, (t) => {
    const counts = tally(2);
    t.deepEqual([...make(counts, 4, 1)], [0, 1, 2, 3]);
    t.is(counts[CLOSED], 1);
  });

  test.serial(`${origin}: a loop that blocks and leaves`, async (t) => {
    const counts = tally(2);
    for (const item of make(counts, 1e9, 1)) if (item === 3) break;
    await until(() => counts[CLOSED] === 1);
    t.pass();
  });

  test.serial(`${origin}: joinSync keeps what nobody takes`, (t) => {
    const spawned = make(tally(2), 100, 1);
    const reader = spawned.executeSync();
    reader.next();
    spawned.joinSync();
    t.is([...reader].length, 99);
  });
}

test.serial('an async iterable of the loop is refused to a loop that blocks', (t) => {
  const spawned = new SpawnedGenerator(countingLater(tally(2), 3));
  t.throws(() => [...spawned], { code: 'BACKBEAT_ASYNC_ITERABLE' });
});

test.serial('every value passes', async (t) => {
  const values = [null, undefined, 0, false, '', [], 'EOF'];
  t.deepEqual(await collect(new SpawnedGenerator(values)), values);
  const onThread = new SpawnedGenerator((all: unknown[]) => all, 1, { args: [values] });
  t.deepEqual(await collect(onThread), values);
});

test.serial('errors come behind the items, as they were thrown', async (t) => {
  function* failing(): Generator<number> {
    yield 1;
    yield 2;
    throw new RangeError('bad');
  }
  for (const spawned of [new SpawnedGenerator(failing, 5), new SpawnedGenerator(failing(), 5)]) {
    const items: number[] = [];
    const error = await t.throwsAsync(async () => {
      for await (const item of spawned) items.push(item);
    });
    t.deepEqual(items, [1, 2]);
    t.true(error instanceof RangeError);
    t.regex(error?.stack ?? '', /failing/);
  }
  t.throws(() => [...new SpawnedGenerator(failing)], { instanceOf: RangeError });
  t.throws(() => [...new SpawnedGenerator(failing())], { instanceOf: RangeError });
});

test.serial('what cannot be iterated is an error of the first item', async (t) => {
  const spawned = new SpawnedGenerator(5 as never);
  await t.throwsAsync(spawned.execute().next(), { instanceOf: TypeError, message: /not iterable/ });
});

test.serial('a source of the loop that waits for ever is left at once', async (t) => {
  const counts = tally(2);
  let release = (): void => undefined;
  const silent = {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: (): Promise<IteratorResult<number>> =>
      new Promise((resolve) => {
        release = () => resolve({ value: undefined, done: true });
      }),
    return: async () => {
      Atomics.add(counts, 1, 1);
      release();
      return { value: undefined, done: true as const };
    },
  };
  const spawned = new SpawnedGenerator<number>(silent);
  const reader = spawned.execute();
  const waiting = reader.next();
  await reader.return?.();
  t.true((await waiting).done);
  t.is(counts[CLOSED], 1);
  t.false(spawned.isAlive());
});

test.serial('a hundred that are left leave no thread behind', async (t) => {
  const counts = tally(2);
  for (let round = 0; round < 100; round++) {
    const spawned = new SpawnedGenerator(counting, round % 3, { args: [counts, 1e9] });
    for await (const item of spawned) if (item === 2) break;
  }
  await until(() => {
    const { all, idle } = laneClient().lanes;
    return laneClient().underWay === 0 && all === idle;
  });
  t.is(counts[CLOSED], 100);
});

for (const [what, make] of Object.entries({
  'a broken queue size': () => new SpawnedGenerator([], 0.5),
  'an unknown option': () => new SpawnedGenerator([], 0, { name: 'x' } as never),
  'args that are none': () => new SpawnedGenerator(counting, 0, { args: 5 as never }),
})) {
  test(`${what} is refused at the call`, (t) => {
    t.throws(make, { code: 'BACKBEAT_INVALID_ARGUMENT' });
  });
}

for (const program of [
  'spawned, left by a loop',
  'spawned, asked for no more',
  'spawned on the loop, left',
  'spawned on the loop, asked for no more',
  'spawned on the loop, asked for no more, without limit',
]) {
  test(`it does not keep the process alive: ${program}`, async (t) => {
    const { code, signal, stdout, stderr } = await runFixture(
      'generator-lives.mjs',
      [program],
      SOURCES,
    );
    t.deepEqual([code, signal, stdout, stderr], [0, null, 'end\n', '']);
  });
}

test('whoever waits for an item of the loop keeps the process alive', async (t) => {
  const { stdout } = await runFixture(
    'generator-lives.mjs',
    ['waits for the item of a loop'],
    SOURCES,
  );
  t.is(stdout, 'soon\nlate\nend\n');
});
