/** worker_threads as they are: every job is posted at once to one of the threads in turn. */
import { Worker } from 'node:worker_threads';

export function createPeer() {
  const workers = [];
  const pending = new Map();
  let posted = 0;
  return {
    async open(threads) {
      const url = new URL('raw-thread.mjs', import.meta.url);
      for (let count = 0; count < threads; count++) {
        const worker = new Worker(url);
        worker.on('message', ([id, result]) => {
          const resolve = pending.get(id);
          pending.delete(id);
          resolve(result);
        });
        workers.push(worker);
      }
    },
    run(kind, value, transfer) {
      return new Promise((resolve) => {
        const id = posted++;
        pending.set(id, resolve);
        workers[id % workers.length].postMessage([id, kind, value], transfer);
      });
    },
  };
}
