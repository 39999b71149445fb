import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';

const WORK = fileURLToPath(new URL('../work.mjs', import.meta.url));

export function createPeer() {
  const threads = availableParallelism();
  let pool;
  return {
    fanOut(name, numJobs, args) {
      pool ??= new Piscina({
        filename: WORK,
        minThreads: threads,
        maxThreads: threads,
        maxQueue: Number.POSITIVE_INFINITY,
      });
      return Promise.all(
        Array.from({ length: numJobs }, (_, jobId) =>
          pool.run({ name, jobId, args }, { name: 'runNamed' }),
        ),
      );
    },
  };
}
