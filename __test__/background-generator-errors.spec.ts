// How a BackgroundGenerator fails: what its readers get, and what stays recorded.
import test from 'ava';
import { BackgroundGenerator, BackgroundWorkerPool } from '../src/index.ts';
import { tally, until } from './fixtures/shared-tally.ts';

/** Items until the error, and the error. */
async function readAll(generator: BackgroundGenerator<unknown>, isBlocking = false) {
  const items: unknown[] = [];
  try {
    if (isBlocking) for (const item of generator.iteratorSync()) items.push(item);
    else for await (const item of generator.iterator()) items.push(item);
  } catch (error) {
    return { items, error };
  }
  return { items, error: undefined };
}

function* failing(items: number): Generator<number> {
  for (let item = 0; item < items; item++) yield item;
  throw new RangeError('late');
}

/** The log, instead of standard error. */
function quietly(): string[] {
  const lines: string[] = [];
  BackgroundWorkerPool.setLogger((level, message) => {
    if (level === 'ERROR') lines.push(message.split('\n')[0] as string);
  });
  return lines;
}
test.beforeEach(() => quietly());

for (const isBlocking of [false, true]) {
  const how = isBlocking ? 'a blocking reader' : 'a reader';
  test.serial(`${how} gets the items, then the error, then the end`, async (t) => {
    const generator = new BackgroundGenerator(failing, { args: [3], prefetch: 2 });
    const { items, error } = await readAll(generator, isBlocking);
    t.deepEqual(items, [0, 1, 2]);
    t.true(error instanceof RangeError);
    t.is((error as Error).message, 'late');
  });

  test.serial(`${how} that comes late gets the items first, too`, async (t) => {
    const generator = new BackgroundGenerator(failing, { args: [3], prefetch: 5 });
    await until(() => generator.hasError);
    const { items, error } = await readAll(generator, isBlocking);
    t.deepEqual(items, [0, 1, 2]);
    t.is(error, generator.errors[0]);
  });

  test.serial(`with failFast ${how} that comes late gets the error at once`, async (t) => {
    const generator = new BackgroundGenerator(failing, { args: [3], prefetch: 5, failFast: true });
    await until(() => generator.hasError);
    const { items, error } = await readAll(generator, isBlocking);
    t.deepEqual(items, []);
    t.is(error, generator.errors[0]);
  });
}

test.serial('each reader gets the error once', async (t) => {
  const generator = new BackgroundGenerator(failing, { args: [0] });
  const reader = generator.iterator();
  await t.throwsAsync(reader.next(), { message: 'late' });
  t.true((await reader.next()).done);
  await t.throwsAsync(generator.iterator().next(), { message: 'late' });
});

test.serial('an error is recorded before anybody has read', async (t) => {
  const generator = new BackgroundGenerator(failing, { args: [1], prefetch: 1 });
  await until(() => generator.hasError);
  t.is(generator.errors.length, 1);
  t.throws(() => generator.checkAndRaiseError(), { message: 'late' });
});

test.serial(
  'the recorded error is the thrown one, and join throws it again and again',
  async (t) => {
    const generator = new BackgroundGenerator(failing, { args: [1] });
    const { error } = await readAll(generator);
    t.deepEqual(generator.errors, [error]);
    t.is(await t.throwsAsync(generator.join()), error as Error);
    t.is(
      t.throws(() => generator.joinSync()),
      error as Error,
    );
    t.is(
      t.throws(() => generator.checkAndRaiseError()),
      error as Error,
    );
  },
);

test.serial('errors belong to their object', async (t) => {
  const bad = new BackgroundGenerator(failing, { args: [0] });
  await readAll(bad);
  const good = new BackgroundGenerator(() => [1, 2, 3]);
  t.deepEqual(await readAll(good), { items: [1, 2, 3], error: undefined });
  t.deepEqual([good.hasError, good.errors, bad.hasError], [false, [], true]);
});

test.serial('after an error it can be joined and started again', async (t) => {
  const shared = tally();
  function* second(): Generator<number> {
    if (Atomics.add(shared, 0, 1) === 0) throw new Error('first');
    yield 2;
  }
  const generator = new BackgroundGenerator(second);
  await t.throwsAsync(generator.join(), { message: 'first' });
  generator.start();
  t.deepEqual(await readAll(generator), { items: [2], error: undefined });
  t.false(generator.hasError);
});

test.serial('a function that throws when it is called', async (t) => {
  const generator = new BackgroundGenerator((): number[] => {
    throw new SyntaxError('at call');
  });
  const { items, error } = await readAll(generator);
  t.deepEqual(items, []);
  t.true(error instanceof SyntaxError);
});

for (const value of [5, {}, null, undefined] as unknown[]) {
  test.serial(`a function that returns ${JSON.stringify(value)} is no generator`, async (t) => {
    const given = value;
    const generator = new BackgroundGenerator((it: number[]) => it, { args: [given] });
    const { error } = await readAll(generator);
    t.true(error instanceof TypeError);
    t.regex((error as Error).message, /is not iterable/);
  });
}

test.serial('whatever is thrown comes out', async (t) => {
  for (const thrown of [undefined, null, 'text', { code: 7 }]) {
    const generator = new BackgroundGenerator(
      function* (it: unknown) {
        yield 1;
        throw it;
      },
      { args: [thrown] },
    );
    const reader = generator.iterator();
    await reader.next();
    const caught = await reader.next().then(
      () => 'nothing',
      (error) => error,
    );
    t.deepEqual(caught, thrown);
    t.true(generator.hasError);
  }
});

test.serial('an item that cannot be carried is an error, and the source is closed', async (t) => {
  const closed = tally();
  function* functions(): Generator<unknown> {
    try {
      yield 1;
      yield () => 2;
      yield 3;
    } finally {
      Atomics.store(closed, 0, 1);
    }
  }
  const generator = new BackgroundGenerator(functions);
  const { items, error } = await readAll(generator);
  t.deepEqual(items, [1]);
  t.is((error as { code: string }).code, 'BACKBEAT_UNCLONEABLE');
  t.is(closed[0], 1);
});

test.serial(
  'a promise among the items that rejects is an error, and the source is closed',
  async (t) => {
    const closed = tally();
    function* promises(): Generator<unknown> {
      try {
        yield Promise.resolve(1);
        yield Promise.reject(new Error('no'));
      } finally {
        Atomics.store(closed, 0, 1);
      }
    }
    const { items, error } = await readAll(new BackgroundGenerator(promises));
    t.deepEqual(items, [1]);
    t.is((error as Error).message, 'no');
    t.is(closed[0], 1);
  },
);

test.serial('a thread that ends is an error behind the items', async (t) => {
  const generator = new BackgroundGenerator(function* exiting() {
    yield 1;
    process.exit(3);
  });
  const { items, error } = await readAll(generator);
  t.deepEqual(items, [1]);
  const { code, task } = error as { code: string; task: string };
  t.deepEqual({ code, task }, { code: 'BACKBEAT_THREAD_LOST', task: generator.name });
  t.true(generator.completed());
});

test.serial('a thread that ends is an error for a blocking reader, too', async (t) => {
  const generator = new BackgroundGenerator(function* exiting() {
    yield 1;
    process.exit(3);
  });
  const { items, error } = await readAll(generator, true);
  t.deepEqual(items, [1]);
  t.is((error as { code: string }).code, 'BACKBEAT_THREAD_LOST');
});

test.serial('the stack names the generator', async (t) => {
  const { error } = await readAll(new BackgroundGenerator(failing, { args: [0] }));
  t.regex((error as Error).stack as string, /failing/);
});

test.serial('an error that nobody waits for is logged, another is not', async (t) => {
  const lines = quietly();
  const unread = new BackgroundGenerator(failing, { args: [0], name: 'unread' });
  await until(() => unread.hasError);
  await readAll(new BackgroundGenerator(failing, { args: [0], name: 'read' }));
  await t.throwsAsync(new BackgroundGenerator(failing, { args: [0], name: 'joined' }).join());
  t.deepEqual(lines, ['Thread "unread" exception: late']);
});

for (const [what, make] of Object.entries({
  'a generator that is none': () => new BackgroundGenerator(5 as never),
  'a broken prefetch': () => new BackgroundGenerator(failing, 1.5),
  'a prefetch that is none': () => new BackgroundGenerator(failing, Number.NaN),
  'a name that is none': () => new BackgroundGenerator(failing, 1, 5 as never),
  'args that are none': () => new BackgroundGenerator(failing, 1, null, 5 as never),
  'kwargs that are none': () => new BackgroundGenerator(failing, 1, null, [], 5 as never),
  'an unknown option': () => new BackgroundGenerator(failing, { prefech: 1 } as never),
})) {
  test(`${what} is refused at the call`, (t) => {
    t.throws(make, { code: 'BACKBEAT_INVALID_ARGUMENT' });
  });
}

test('an argument that cannot go to a thread is refused at the call', (t) => {
  t.throws(() => new BackgroundGenerator(failing, { args: [() => 1] }), {
    code: 'BACKBEAT_UNCLONEABLE',
  });
});

test('a variable that cannot go to a thread is refused at the call', (t) => {
  const socket = new WeakMap();
  t.throws(
    () =>
      new BackgroundGenerator(function* () {
        yield socket;
      }),
    { code: 'BACKBEAT_CAPTURE' },
  );
});
