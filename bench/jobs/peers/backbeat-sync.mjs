/** backbeat, the caller blocks for each job. */
import { openBackbeat } from './backbeat-pool.mjs';

export const createPeer = () => ({
  ...openBackbeat((job) => job.resultSync()),
  isBlocking: true,
});
