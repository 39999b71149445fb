import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';

const THREAD = fileURLToPath(new URL('../workerpool-thread.mjs', import.meta.url));

export function createPeer() {
  const maxWorkers = availableParallelism();
  let pool;
  return {
    fanOut(name, numJobs, args) {
      pool ??= workerpool.pool(THREAD, { maxWorkers, workerType: 'thread' });
      return Promise.all(
        Array.from({ length: numJobs }, (_, jobId) => pool.exec(name, [jobId, ...args])),
      );
    },
  };
}
