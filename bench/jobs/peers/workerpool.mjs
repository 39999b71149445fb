/** workerpool on worker_threads. */
import { fileURLToPath } from 'node:url';

const THREAD = fileURLToPath(new URL('workerpool-thread.mjs', import.meta.url));

export function createPeer() {
  let pool;
  return {
    async open(threads) {
      const { default: workerpool } = await import('workerpool');
      pool = workerpool.pool(THREAD, {
        workerType: 'thread',
        minWorkers: threads,
        maxWorkers: threads,
      });
    },
    run: (kind, value, transfer) => pool.exec(kind, [value], { transfer }),
  };
}
