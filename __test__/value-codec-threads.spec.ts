// Bytes written on one thread are read on another, whose caches know nothing of the first.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { decodeError, registerErrorClass } from '../src/lane/error-codec.ts';
import { codecMemory, decodeValue, encodeValue } from '../src/lane/value-codec.ts';

class PressureError extends RangeError {
  declare readonly bar: number;
  get isHigh(): boolean {
    return this.bar > 3;
  }
}
registerErrorClass(PressureError);

async function onThread(task: string, values: unknown[]): Promise<unknown[]> {
  const worker = new Worker(new URL('fixtures/codec-thread.mjs', import.meta.url));
  try {
    const results: unknown[] = [];
    for (const value of values) {
      const buffer = new ArrayBuffer(1 << 16);
      if (encodeValue(codecMemory(buffer), 0, 1 << 16, value) <= 0)
        throw new Error('it did not fit');
      worker.postMessage({ buffer, task }, [buffer]);
      const [back] = (await once(worker, 'message')) as [ArrayBuffer];
      results.push(decodeValue(codecMemory(back), 0));
    }
    return results;
  } finally {
    await worker.terminate();
  }
}

test('values cross and come back', async (t) => {
  const shared = { a: 1 };
  const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: `n${id}`, x: id / 3 }));
  const values = [
    1,
    'ж',
    -0,
    { id: 1, shared, again: shared },
    rows,
    rows,
    new Map([[shared, new Set([shared])]]),
    new Error('x'),
    Buffer.from('abc'),
    new Float32Array([1, 2]),
    Object.assign([1.5], { 2: 2 }),
  ];
  const many = Array.from({ length: 50 }, () => values).flat();
  t.deepEqual(await onThread('echo', many), many);
});

test('an error of a registered class crosses whole', async (t) => {
  const [record] = await onThread('throw', [5]);
  const error = decodeError(record, 'Error\n    at asked (main.js:1:1)') as PressureError;
  t.true(error instanceof PressureError && error.isHigh);
  t.is(error.message, '5 bar');
  const lines = error.stack!.split('\n');
  t.is(lines[0], 'RangeError: 5 bar');
  t.regex(lines[1]!, /codec-thread\.mjs/);
  t.deepEqual(lines.slice(-2), ['    at (codec thread)', '    at asked (main.js:1:1)']);
});
