import { availableParallelism } from 'node:os';
import { parallelise, task } from '../../../dist/index.js';

const WORK = new URL('../work.mjs', import.meta.url);

export function createPeer() {
  const numThreads = availableParallelism();
  return {
    fanOut: (name, numJobs, args) => parallelise(task(WORK, name), numJobs, { numThreads, args }),
  };
}
