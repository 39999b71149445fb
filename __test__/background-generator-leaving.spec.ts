// A consumer that leaves early: the generator ends, its `finally` runs, the thread is free.
import test from 'ava';
import { BackgroundGenerator, task } from '../src/index.ts';
import { laneClient } from '../src/lane/lane-client.ts';
import { tally, until } from './fixtures/shared-tally.ts';

const FIXTURE = new URL('./fixtures/generator-tasks.mjs', import.meta.url);
const CLOSED = 0;
const BEGUN = 1;

/** An endless generator that counts its clean-ups. */
function* endless(counts: Int32Array): Generator<number> {
  try {
    Atomics.store(counts, 1, 1);
    for (let item = 0; ; item++) yield item;
  } finally {
    Atomics.add(counts, 0, 1);
  }
}

async function* endlessLater(counts: Int32Array): AsyncGenerator<number> {
  try {
    Atomics.store(counts, 1, 1);
    for (let item = 0; ; item++) yield item;
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 1));
    Atomics.add(counts, 0, 1);
  }
}

/** Every thread of ours is idle again. */
async function threadsAreFree(): Promise<void> {
  await until(() => {
    laneClient().settleResults();
    const { all, idle } = laneClient().lanes;
    return laneClient().underWay === 0 && all === idle;
  });
}

type Leave = (generator: BackgroundGenerator<number>) => unknown;

const WAYS: Record<string, Leave> = {
  'a break': async (generator) => {
    for await (const item of generator.iterator()) if (item === 2) break;
  },
  'a throw in the loop': async (generator) => {
    try {
      for await (const item of generator.iterator()) if (item === 2) throw new Error('left');
    } catch {}
  },
  'a break of a loop that blocks': (generator) => {
    for (const item of generator.iteratorSync()) if (item === 2) break;
  },
  'return() of the reader': async (generator) => {
    const reader = generator.iterator();
    await reader.next();
    await reader.return?.();
  },
  'a destructuring that takes two': (generator) => {
    const [first, second] = generator.iteratorSync();
    return [first, second];
  },
  using: (generator) => {
    using left = generator;
    left.iteratorSync().next();
  },
  'await using': async (generator) => {
    await using left = generator;
    await left.iterator().next();
  },
  'using, unread': (generator) => {
    using left = generator;
    left.isAlive();
  },
};

for (const [way, leave] of Object.entries(WAYS)) {
  for (const source of [endless, endlessLater]) {
    for (const prefetch of [1, 100, 0]) {
      test.serial(`${way} ends ${source.name}, prefetch ${prefetch}`, async (t) => {
        const counts = tally(2);
        const generator = new BackgroundGenerator<number>(source, { prefetch, args: [counts] });
        // A generator that is left before it has begun has nothing to clean up.
        await until(() => counts[BEGUN] === 1);
        await leave(generator);
        await until(() => generator.completed());
        t.is(counts[CLOSED], 1);
        t.false(generator.hasError);
        await threadsAreFree();
      });
    }
  }
}

test.serial('the clean-up runs on the thread', async (t) => {
  const counts = tally(2);
  const main = process.pid;
  const generator = new BackgroundGenerator(
    async function* where(shared: Int32Array, pid: number) {
      const { isMainThread } = await import('node:worker_threads');
      try {
        while (process.pid === pid) yield 1;
      } finally {
        Atomics.store(shared, 1, isMainThread ? 2 : 1);
      }
    },
    { args: [counts, main] },
  );
  for await (const _item of generator.iterator()) break;
  await until(() => generator.completed());
  t.is(counts[BEGUN], 1);
});

test.serial('one left before its thread is there never runs', async (t) => {
  const counts = tally(2);
  function* counting(shared: Int32Array): Generator<number> {
    Atomics.add(shared, 1, 1);
    yield 1;
  }
  // Threads that are up may take one before it is left; the others take longer to start.
  const up = laneClient().threads.count;
  const generators = Array.from({ length: up + 3 }, () => {
    const generator = new BackgroundGenerator(counting, { args: [counts] });
    generator[Symbol.dispose]();
    return generator;
  });
  await Promise.all(generators.map((generator) => generator.join()));
  t.true((counts[BEGUN] as number) <= up);
  await threadsAreFree();
});

test.serial('await using waits for the end of the clean-up', async (t) => {
  const counts = tally(2);
  {
    await using generator = new BackgroundGenerator(endlessLater, { args: [counts] });
    await generator.iterator().next();
  }
  t.is(counts[CLOSED], 1);
});

test.serial('one of two readers may leave, the other goes on', async (t) => {
  const counts = tally(2);
  const generator = new BackgroundGenerator(endless, { args: [counts] });
  const staying = generator.iterator();
  await staying.next();
  for await (const _item of generator.iterator()) break;
  t.is(typeof (await staying.next()).value, 'number');
  await staying.return?.();
  await until(() => generator.completed());
  t.is(counts[CLOSED], 1);
});

test.serial('a reader that waits when another leaves for all comes to the end', async (t) => {
  const counts = tally(2);
  const generator = new BackgroundGenerator(
    async function* silent(shared: Int32Array) {
      try {
        yield 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
      } finally {
        Atomics.add(shared, 0, 1);
      }
    },
    { args: [counts] },
  );
  const reader = generator.iterator();
  await reader.next();
  const waiting = reader.next();
  generator[Symbol.dispose]();
  t.true((await waiting).done);
  await until(() => generator.completed());
  t.is(counts[CLOSED], 1);
});

test.serial('what was left is at its end for everybody', async (t) => {
  const generator = new BackgroundGenerator(endless, { args: [tally(2)] });
  for await (const _item of generator.iterator()) break;
  t.true((await generator.iterator().next()).done);
  t.deepEqual([...generator.iteratorSync()], []);
});

test.serial('what was left can be joined and started again', async (t) => {
  const generator = new BackgroundGenerator(endless, { args: [tally(2)] });
  for await (const _item of generator.iterator()) break;
  await generator.join();
  generator.start();
  t.is((await generator.iterator().next()).value, 0);
  generator[Symbol.dispose]();
});

test.serial('an error of the clean-up is recorded', async (t) => {
  const generator = new BackgroundGenerator(function* failing() {
    try {
      for (;;) yield 1;
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: that is what is tested
      throw new Error('cleaning');
    }
  });
  const reader = generator.iterator();
  await reader.next();
  const joined = generator.join();
  await reader.return?.();
  await t.throwsAsync(joined, { message: 'cleaning' });
});

test.serial('the signal of the thread tells a long computation', async (t) => {
  const counts = tally(2);
  const untilAborted = task<() => Generator<number>>(FIXTURE, 'untilAborted');
  const generator = new BackgroundGenerator(untilAborted, { args: [counts] });
  await generator.iterator().next();
  await until(() => counts[1] === 1);
  generator[Symbol.dispose]();
  await until(() => generator.completed());
  t.is(counts[CLOSED], 1);
});

test.serial('a hundred that are left leave no thread behind', async (t) => {
  const counts = tally(2);
  for (let round = 0; round < 100; round++) {
    const generator = new BackgroundGenerator(endless, {
      args: [counts],
      prefetch: 1 + (round % 3),
    });
    for await (const item of generator.iterator()) if (item === 2) break;
  }
  await threadsAreFree();
  t.is(counts[CLOSED], 100);
  t.true(laneClient().lanes.all < 10, `${laneClient().lanes.all} threads`);
});
