/** backbeat as it is built: `runJob` with inline functions, which are carried to the threads. */
import { openBackbeat } from './backbeat-pool.mjs';

export const createPeer = () => openBackbeat((job) => job.result);
