// MultiThread: a function on several threads at once.
import test from 'ava';
import { BackgroundWorkerPool, MultiThread } from '../src/index.ts';
import { tally, until } from './fixtures/shared-tally.ts';

function add(counts: Int32Array, amount: number): void {
  Atomics.add(counts, 0, amount);
}

/** Fails on the first of its threads only when all others are through. */
async function failInTurn(counts: Int32Array, threads: number): Promise<void> {
  const number = Atomics.add(counts, 0, 1);
  while (number === 0 && Atomics.load(counts, 1) < threads - 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (number % 2 === 0) {
    Atomics.add(counts, 1, 1);
    throw new RangeError(`thread ${number}`);
  }
  Atomics.add(counts, 1, 1);
}

test.beforeEach(() => BackgroundWorkerPool.setLogger(() => undefined));

test.serial('it runs the function once on each thread, with its arguments', async (t) => {
  const counts = tally();
  const threads = new MultiThread(add, counts, 5, { threadCount: 3, name: 'job' });
  t.deepEqual([threads.isAlive(), threads.completed(), threads.hasError], [false, true, false]);
  t.deepEqual(threads.errors, []);
  threads.start();
  t.true(threads.isAlive());
  t.deepEqual(threads.threadNames, ['job_0', 'job_1', 'job_2']);
  await threads.join();
  t.deepEqual([threads.isAlive(), threads.completed(), threads.threadNames], [false, true, []]);
  t.is(counts[0], 15);
});

test.serial('the threads run at the same time', async (t) => {
  const counts = tally();
  const threads = new MultiThread(
    (shared: Int32Array) => {
      Atomics.add(shared, 0, 1);
      while (Atomics.load(shared, 0) < 3);
    },
    counts,
    { threadCount: 3 },
  );
  threads.start();
  await threads.join();
  t.is(counts[0], 3);
});

test.serial('it can be started again after a join', async (t) => {
  const counts = tally();
  const threads = new MultiThread(add, counts, 1, { threadCount: 2 });
  for (let pass = 1; pass <= 2; pass++) {
    threads.start();
    await threads.join();
    t.is(counts[0], 2 * pass);
  }
});

test.serial('a second start adds threads', async (t) => {
  const counts = tally();
  const threads = new MultiThread(add, counts, 1, { threadCount: 2, name: 'tw' });
  threads.start();
  threads.start();
  t.deepEqual(threads.threadNames, ['tw_0', 'tw_1', 'tw_0', 'tw_1']);
  await threads.join();
  t.is(counts[0], 4);
});

test.serial('joinSync blocks until all have ended', (t) => {
  const counts = tally();
  const threads = new MultiThread(add, counts, 2, { threadCount: 2 });
  threads.start();
  threads.joinSync();
  t.is(counts[0], 4);
});

test.serial('join waits for all, throws the first error, and keeps the others', async (t) => {
  const counts = tally(2);
  const threads = new MultiThread(failInTurn, counts, 4, { threadCount: 4 });
  threads.start();
  const first = await t.throwsAsync(threads.join(), { instanceOf: RangeError });
  t.is(counts[1], 4);
  t.false(threads.isAlive());
  t.deepEqual(threads.errors.map((error) => (error as Error).message).toSorted(), [
    'thread 0',
    'thread 2',
  ]);
  t.is(threads.errors[0], first);
  t.is(
    t.throws(() => threads.checkAndRaiseError()),
    first,
  );
  t.is(await t.throwsAsync(threads.join()), first);
});

test.serial('after a failed join a new pass begins without the old errors', async (t) => {
  const counts = tally();
  const threads = new MultiThread((shared: Int32Array) => {
    if (Atomics.add(shared, 0, 1) === 0) throw new Error('first');
  }, counts);
  threads.start();
  await t.throwsAsync(threads.join(), { message: 'first' });
  threads.start();
  await threads.join();
  t.false(threads.hasError);
});

test.serial('a thread that ends is an error', async (t) => {
  const threads = new MultiThread(function leaving() {
    process.exit(1);
  });
  threads.start();
  await t.throwsAsync(threads.join(), { code: 'BACKBEAT_THREAD_LOST', message: /leaving_0/ });
});

test.serial('an error that nobody waits for is logged', async (t) => {
  const lines: string[] = [];
  BackgroundWorkerPool.setLogger((level, message) => {
    if (level === 'ERROR') lines.push(message.split('\n')[0] as string);
  });
  const threads = new MultiThread(
    () => {
      throw new Error('unseen');
    },
    { name: 'alone' },
  );
  threads.start();
  await until(() => threads.hasError);
  t.deepEqual(lines, ['Thread "alone" exception: unseen']);
});

test.serial('an object behind the arguments is options only by its names', async (t) => {
  const counts = tally();
  const shown = (shared: Int32Array, given: object) =>
    Atomics.add(shared, 0, Object.keys(given).length);
  const threads = new MultiThread(shown, counts, { name: 'data', size: 7 });
  t.is(threads.threadCount, 1);
  threads.start();
  await threads.join();
  t.is(counts[0], 2);
});

test.serial('names are free again when the threads have ended', async (t) => {
  const threads = new MultiThread(add, tally(), 1, { name: 'again' });
  t.is(new MultiThread(add, tally(), 1, { name: 'again' }).name, 'again_0');
  threads.start();
  await threads.join();
  t.is(new MultiThread(add, tally(), 1, { name: 'again' }).name, 'again');
});

for (const [what, make] of Object.entries({
  'a function that is none': () => new MultiThread(5 as never),
  'no thread': () => new MultiThread(add, { threadCount: 0 }),
  'half a thread': () => new MultiThread(add, { threadCount: 1.5 }),
  'a name that is none': () => new MultiThread(add, { name: 5 as never }),
  'one buffer for two': () =>
    new MultiThread(add, { threadCount: 2, transfer: [new ArrayBuffer(8)] }),
})) {
  test(`${what} is refused at the call`, (t) => {
    t.throws(make, { code: 'BACKBEAT_INVALID_ARGUMENT' });
  });
}
