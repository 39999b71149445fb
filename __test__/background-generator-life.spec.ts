// Starting, joining, names, and the life of the process and of the object.
import test from 'ava';
import { BackgroundGenerator, BackgroundWorkerPool, MultiThread } from '../src/index.ts';
import { runFixture } from './fixtures/program-run.ts';
import { tally, until } from './fixtures/shared-tally.ts';

/** The sources, not the bundle: its inner modules cannot be looked into. */
const SOURCES = { nodeArgs: ['--import=tsx'] };

function* counting(count: number): Generator<number> {
  for (let item = 0; item < count; item++) yield item;
}

async function collect<T>(generator: BackgroundGenerator<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of generator.iterator()) items.push(item);
  return items;
}

test.serial('it starts at once and is a MultiThread', async (t) => {
  const counts = tally();
  const generator = new BackgroundGenerator(
    function* entered(shared: Int32Array) {
      Atomics.store(shared, 0, 1);
      yield 1;
    },
    { args: [counts] },
  );
  t.true(generator instanceof MultiThread);
  t.true(generator.isAlive());
  t.false(generator.completed());
  await until(() => counts[0] === 1);
  generator[Symbol.dispose]();
});

test.serial('start is refused while it is running', (t) => {
  const generator = new BackgroundGenerator(counting, { args: [100] });
  t.throws(() => generator.start(), { code: 'BACKBEAT_GENERATOR_RUNNING' });
  t.is([...generator.iteratorSync()].length, 100);
});

test.serial('after a join it gives the same again', async (t) => {
  const generator = new BackgroundGenerator(counting, { args: [3] });
  t.deepEqual(await collect(generator), [0, 1, 2]);
  await generator.join();
  generator.start();
  t.deepEqual(await collect(generator), [0, 1, 2]);
  await generator.join();
});

test.serial('join keeps what nobody has read', async (t) => {
  const generator = new BackgroundGenerator(counting, { args: [1000], prefetch: 1 });
  await generator.join();
  t.deepEqual([generator.isAlive(), generator.completed()], [false, true]);
  t.is((await collect(generator)).length, 1000);
});

test.serial('joinSync keeps what nobody has read', (t) => {
  const generator = new BackgroundGenerator(counting, { args: [1000], prefetch: 1 });
  generator.joinSync();
  t.true(generator.completed());
  t.is([...generator.iteratorSync()].length, 1000);
});

test.serial('a reader that goes on while somebody joins gets all in order', async (t) => {
  const generator = new BackgroundGenerator(counting, { args: [5000], prefetch: 3 });
  const reader = generator.iterator();
  t.is((await reader.next()).value, 0);
  const waiting = reader.next();
  const joined = generator.join();
  t.is((await waiting).value, 1);
  for (let item = 2; item < 5000; item++) t.is((await reader.next()).value, item);
  t.true((await reader.next()).done);
  await joined;
});

test.serial('join twice is fine', async (t) => {
  const generator = new BackgroundGenerator(counting, { args: [1] });
  await Promise.all([generator.join(), generator.join()]);
  await generator.join();
  generator.joinSync();
  t.false(generator.hasError);
});

test.serial('what was not read before a second pass comes before it', async (t) => {
  const generator = new BackgroundGenerator(counting, { args: [2], prefetch: 5 });
  await until(() => generator.completed());
  generator.start();
  await generator.join();
  t.deepEqual(await collect(generator), [0, 1, 0, 1]);
});

test.serial('names: the function with a number, or what was asked for, made unique', async (t) => {
  const made: BackgroundGenerator<number>[] = [];
  const make = (name?: string): string => {
    const generator = new BackgroundGenerator(counting, 1, name, [9]);
    made.push(generator);
    return generator.name;
  };
  t.deepEqual([make(), make(), make('')], ['counting_0', 'counting_1', 'counting_2']);
  t.deepEqual([make('foo'), make('foo'), make('foo')], ['foo', 'foo_0', 'foo_1']);
  t.is(make('foo_0'), 'foo_0_0');
  t.is(new BackgroundGenerator(() => [1]).name, 'anonymous_0');
  for (const generator of made) generator[Symbol.dispose]();
  await Promise.all(made.map((generator) => generator.join()));
  t.deepEqual([make(), make('foo')], ['counting_0', 'foo']);
});

test.serial('threads are named after the object', async (t) => {
  const generator = new BackgroundGenerator(counting, { args: [1], name: 'mine' });
  t.deepEqual(generator.threadNames, ['mine']);
  await generator.join();
  t.deepEqual(generator.threadNames, []);
});

test.serial('a blocking wait sees the flags change', (t) => {
  const generator = new BackgroundGenerator(counting, { args: [2], prefetch: 4 });
  while (!generator.completed());
  t.deepEqual([...generator.iteratorSync()], [0, 1]);
});

test.serial('the log of a life', async (t) => {
  const lines: string[] = [];
  BackgroundWorkerPool.setLogger((level, message) => lines.push(`${level} ${message}`));
  const generator = new BackgroundGenerator(counting, { args: [1], name: 'logged' });
  await collect(generator);
  generator.completed();
  await generator.join();
  BackgroundWorkerPool.setLogger(undefined);
  t.true(lines.length >= 6);
  t.true(
    lines.every((line) => /^DEBUG .*logged/.test(line)),
    lines.join('\n'),
  );
});

for (const program of [
  'unread',
  'unread, without limit',
  'left by a loop',
  'asked for no more',
  'computing',
  'left by a loop that blocks',
]) {
  test(`a generator does not keep the process alive: ${program}`, async (t) => {
    t.like(await runFixture('generator-lives.mjs', [program], SOURCES), ended('end\n'));
  });
}

for (const [program, stdout] of [
  ['waits for an item', 'soon\nlate\nend\n'],
  ['joins', 'joined\nend\n'],
] as const) {
  test(`whoever ${program} keeps the process alive`, async (t) => {
    t.like(await runFixture('generator-lives.mjs', [program], SOURCES), ended(stdout));
  });
}

for (const [program, stdout] of [
  ['collected', '5\nend\n'],
  ['a dropped reader', '1\nend\n'],
] as const) {
  test(`what nobody holds any more is closed, and its thread is free: ${program}`, async (t) => {
    const options = { nodeArgs: ['--expose-gc', '--import=tsx'] };
    t.like(await runFixture('generator-lives.mjs', [program], options), ended(stdout));
  });
}

function ended(stdout: string) {
  return { code: 0, signal: null, stderr: '', stdout };
}
