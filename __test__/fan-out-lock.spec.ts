// The lock in shared memory that guards the block of a thread.
import { Worker } from 'node:worker_threads';
import test from 'ava';

const THREADS = 4;
const TIMES = 50_000;

test('four threads that count under the lock lose no count, and none is left waiting', async (t) => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const module = new URL('./fixtures/lock-counter.mjs', import.meta.url);
  const exits = Array.from({ length: THREADS }, () => {
    const worker = new Worker(module, { workerData: { words, times: TIMES }, execArgv: [] });
    return new Promise<number>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', resolve);
    });
  });
  t.deepEqual(await Promise.all(exits), [0, 0, 0, 0]);
  t.deepEqual([...words], [0, THREADS * TIMES]);
});
