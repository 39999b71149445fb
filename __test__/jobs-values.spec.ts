// What goes to a job and what comes back: copied, moved or shared.
import { MessageChannel } from 'node:worker_threads';
import test from 'ava';
import { BackgroundWorkerPool, move, UncloneableError } from '../src/index.ts';
import { jobPool } from './fixtures/job-pool.ts';

const { runJob } = BackgroundWorkerPool;
const LARGE_BYTES = 1 << 20;

/** There and back again. */
const echo = <T>(value: T): Promise<T> =>
  runJob((it: T) => it, { args: [value] }).result as Promise<T>;

const circle: { name: string; self?: unknown } = { name: 'circle' };
circle.self = circle;
const shared = { n: 1 };

const KINDS: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  true: true,
  'a small integer': 42,
  'a negative zero': -0,
  'not a number': Number.NaN,
  infinity: Number.NEGATIVE_INFINITY,
  'a fraction': 0.1,
  'a large integer': 2 ** 53 - 1,
  'a bigint': 123_456_789_012_345_678_901_234_567_890n,
  'a negative bigint': -1n,
  'an empty text': '',
  'a text of one byte a character': 'déjà vu',
  'a text of two bytes a character': '日本語 €',
  'a text with a lone surrogate': 'a\ud800b',
  'an array': [1, 'two', [3]],
  'an array with a hole': withHole(),
  'a plain object': { a: 1, b: { c: [2] } },
  'an object without a prototype': Object.assign(Object.create(null), { a: 1 }),
  'a date': new Date(86_400_000),
  'an invalid date': new Date(Number.NaN),
  'a regular expression': /a(b)c/giu,
  'a map': new Map<unknown, unknown>([
    ['a', 1],
    [{ b: 2 }, new Map()],
  ]),
  'a set': new Set([1, 'two']),
  'an object in a circle': circle,
  bytes: new Uint8Array([1, 2, 3]),
  floats: new Float64Array([0.5, Number.NaN]),
  'big integers': new BigInt64Array([1n, -1n]),
  'a buffer of bytes': new Uint8Array([9, 8]).buffer,
  'a view into a buffer': new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
  'many arguments in one': Array.from({ length: 300 }, (_, index) => index),
};

for (const [what, value] of Object.entries(KINDS)) {
  test.serial(`${what} goes there and back`, async (t) => {
    jobPool(t);
    t.deepEqual(await echo(value), value);
  });
}

test.serial('a negative zero stays one', async (t) => {
  jobPool(t);
  t.true(Object.is(await echo(-0), -0));
});

test.serial('a hole stays a hole', async (t) => {
  jobPool(t);
  t.false(1 in (await echo(withHole())));
});

test.serial('a lone surrogate is not replaced', async (t) => {
  jobPool(t);
  t.is((await echo('a\ud800b')).charCodeAt(1), 0xd800);
});

test.serial('an object that is given twice is one object there', async (t) => {
  jobPool(t);
  const isOne = runJob((a: object, b: object) => a === b, { args: [shared, shared] });
  t.true(await isOne.result);
});

test.serial('a Buffer comes as a Uint8Array of the same bytes', async (t) => {
  jobPool(t);
  const bytes = await echo(Buffer.from('bytes'));
  t.is(Buffer.from(bytes).toString(), 'bytes');
});

test.serial('the arguments are copies', async (t) => {
  jobPool(t);
  const data = { n: 1 };
  await runJob(
    (it: { n: number }) => {
      it.n = 2;
    },
    { args: [data] },
  ).result;
  t.is(data.n, 1);
});

test.serial('what an argument was at the call counts', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const data = { n: 1 };
  const job = runJob((it: { n: number }) => it.n, { args: [data] });
  data.n = 2;
  t.is(await job.result, 1);
});

for (const count of [0, 1, 2, 3, 10, 254, 255, 300]) {
  test.serial(`${count} arguments come in order`, async (t) => {
    jobPool(t);
    const args = Array.from({ length: count }, (_, index) => index);
    t.deepEqual(await runJob((...got: number[]) => got, { args }).result, args);
  });
}

test.serial('an argument that is undefined is counted', async (t) => {
  jobPool(t);
  const count = runJob((...got: unknown[]) => got.length, { args: [undefined] });
  t.is(await count.result, 1);
});

for (const bytes of [1000, 65_000, 65_536, 262_144, LARGE_BYTES, 8 * LARGE_BYTES]) {
  test.serial(`${bytes} bytes go there and back`, async (t) => {
    jobPool(t);
    const sent = Uint8Array.from({ length: bytes }, (_, index) => index * 31);
    const came = await echo(sent);
    t.is(Buffer.compare(came, sent), 0);
  });
}

test.serial('many jobs that fill the rings keep their values apart', async (t) => {
  jobPool(t);
  const texts = Array.from({ length: 3000 }, (_, index) => `${index}:`.repeat(100));
  const jobs = texts.map((text) => runJob((it: string) => it, { args: [text] }).result);
  t.deepEqual(await Promise.all(jobs), texts);
});

test.serial('small and large ones in turn keep their values apart', async (t) => {
  jobPool(t);
  const sizes = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 100_000 : index));
  const jobs = sizes.map(
    (size, index) =>
      runJob((bytes: Uint8Array) => [bytes.length, bytes[0]], {
        args: [new Uint8Array(size).fill(index)],
      }).result,
  );
  const expected = sizes.map((size, index) => [size, size === 0 ? undefined : index]);
  t.deepEqual(await Promise.all(jobs), expected);
});

test.serial('transfer: the buffer is moved there', async (t) => {
  jobPool(t);
  const bytes = new Uint8Array(LARGE_BYTES).fill(7);
  const job = runJob((it: Uint8Array) => [it.length, it[5]], {
    args: [bytes],
    transfer: [bytes.buffer],
  });
  t.is(bytes.length, 0);
  t.deepEqual(await job.result, [LARGE_BYTES, 7]);
});

test.serial('transfer: a message port works on the thread', async (t) => {
  jobPool(t);
  const { port1, port2 } = new MessageChannel();
  const arrived = new Promise((resolve) => port1.once('message', resolve));
  const job = runJob(
    (port: { postMessage(value: unknown): void; close(): void }) => {
      port.postMessage('from the thread');
      port.close();
    },
    { args: [port2], transfer: [port2] },
  );
  await job.result;
  t.is(await arrived, 'from the thread');
});

test.serial('move: the result is moved back', async (t) => {
  jobPool(t);
  const job = runJob(
    (length: number) => {
      const bytes = new Uint8Array(length).fill(3);
      return move(bytes, [bytes.buffer]);
    },
    { args: [LARGE_BYTES] },
  );
  const bytes = await job.result;
  t.deepEqual([bytes.length, bytes[9]], [LARGE_BYTES, 3]);
});

test.serial('move: what was moved is gone on the thread', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const first = runJob(() => {
    const bytes = new Uint8Array(8);
    (globalThis as { kept?: Uint8Array }).kept = bytes;
    return move(bytes, [bytes.buffer]);
  });
  await first.result;
  const left = runJob(() => (globalThis as { kept?: Uint8Array }).kept?.length);
  t.is(await left.result, 0);
});

test.serial('move: works for promises, too', async (t) => {
  jobPool(t);
  const job = runJob(async () => {
    const bytes = new Uint8Array(16);
    return move(bytes, [bytes.buffer]);
  });
  t.is((await job.result).length, 16);
});

test.serial('moved there and back', async (t) => {
  jobPool(t);
  const bytes = new Uint8Array(LARGE_BYTES).fill(1);
  const job = runJob(
    (it: Uint8Array) => {
      it[0] = 2;
      return move(it, [it.buffer as ArrayBuffer]);
    },
    { args: [bytes], transfer: [bytes.buffer] },
  );
  const back = await job.result;
  t.deepEqual([back.length, back[0], back[1]], [LARGE_BYTES, 2, 1]);
});

test.serial('shared memory is shared as an argument', async (t) => {
  jobPool(t);
  const words = new Int32Array(new SharedArrayBuffer(8));
  await runJob((it: Int32Array) => Atomics.add(it, 1, 5), { args: [words] }).result;
  t.is(words[1], 5);
});

test.serial('shared memory is shared when it is captured', async (t) => {
  jobPool(t);
  const words = new Int32Array(new SharedArrayBuffer(8));
  await runJob(() => Atomics.add(words, 0, 5)).result;
  t.is(words[0], 5);
});

test.serial('shared memory that a job returns is shared', async (t) => {
  jobPool(t, { maxThreads: 1 });
  const job = runJob(() => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    (globalThis as { words?: Int32Array }).words = words;
    return words;
  });
  const words = await job.result;
  Atomics.store(words, 0, 9);
  t.is(await runJob(() => (globalThis as { words?: Int32Array }).words?.[0]).result, 9);
});

test.serial('jobs with shared memory, more than there are threads, all run', async (t) => {
  jobPool(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const jobs = Array.from({ length: 50 }, () => runJob(() => Atomics.add(words, 0, 1)).result);
  const seen = await Promise.all(jobs);
  t.is(words[0], 50);
  t.is(new Set(seen).size, 50);
});

test.serial('an argument that cannot go throws at the call and names its path', (t) => {
  jobPool(t);
  const error = t.throws(
    () => runJob((it: unknown) => it, { args: [{ list: [1, { deep: Symbol('s') }] }] }),
    { instanceOf: UncloneableError, code: 'BACKBEAT_UNCLONEABLE' },
  );
  t.regex(error?.message ?? '', /list\[1\]\.deep/);
});

test.serial('after an argument was refused, jobs run', async (t) => {
  jobPool(t);
  t.throws(() => runJob((it: unknown) => it, { args: [() => undefined] }));
  t.is(await runJob(() => 'runs').result, 'runs');
  t.is(BackgroundWorkerPool.countJobs()[0], 0);
});

test.serial('a refused argument beside a transfer list leaves nothing behind', async (t) => {
  jobPool(t);
  const bytes = new Uint8Array(8);
  const args = [bytes, () => undefined];
  t.throws(() => runJob((...it: unknown[]) => it.length, { args, transfer: [bytes.buffer] }), {
    code: 'BACKBEAT_UNCLONEABLE',
  });
  t.is(await runJob(() => 'runs').result, 'runs');
  t.is(BackgroundWorkerPool.countJobs()[0], 0);
});

test.serial('a getter in an argument may submit a job of its own', async (t) => {
  jobPool(t);
  let inner: Promise<string> | undefined;
  const args: [{ readonly value: string }] = [
    {
      get value(): string {
        inner ??= runJob(() => 'inner').result;
        return 'outer';
      },
    },
  ];
  const outer = await runJob((it: { readonly value: string }) => it.value, { args }).result;
  t.deepEqual([outer, await inner], ['outer', 'inner']);
});

function withHole(): number[] {
  const list = [1, 2, 3];
  delete list[1];
  return list;
}
