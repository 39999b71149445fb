import { availableParallelism } from 'node:os';

/** How many threads this process can run at once. A function: few programs ask for it. */
export function countProcessors(): number {
  return availableParallelism();
}
