/** Workers, one per processor, each with an equal chunk of the ids: how one would do it by hand. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const THREAD = new URL('../chunk-thread.mjs', import.meta.url);

export function createPeer() {
  const workers = [];
  const open = () => {
    while (workers.length < availableParallelism()) workers.push(new Worker(THREAD));
  };
  const runChunk = (worker, chunk) =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(chunk);
    });
  return {
    async fanOut(name, numJobs, args) {
      open();
      const size = Math.ceil(numJobs / workers.length);
      const chunks = await Promise.all(
        workers.map((worker, index) => {
          const [from, to] = [index * size, Math.min((index + 1) * size, numJobs)];
          return runChunk(worker, { name, from, to, args });
        }),
      );
      return chunks.flat();
    },
  };
}
