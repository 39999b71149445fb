import { availableParallelism } from 'node:os';
import { paralleliseIter, task } from '../../../dist/index.js';

const WORK = new URL('../work.mjs', import.meta.url);

export function createPeer() {
  const numThreads = availableParallelism();
  return {
    stream: (name, numJobs) => paralleliseIter(task(WORK, name), numJobs, { numThreads }),
  };
}
