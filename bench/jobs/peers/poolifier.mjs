/** poolifier with a fixed number of threads. */
import { fileURLToPath } from 'node:url';

const THREAD = fileURLToPath(new URL('poolifier-thread.mjs', import.meta.url));

export function createPeer() {
  let pool;
  return {
    async open(threads) {
      const { FixedThreadPool } = await import('poolifier');
      pool = new FixedThreadPool(threads, THREAD);
    },
    run: (kind, value, transfer) => pool.execute(value, kind, undefined, transfer),
  };
}
