/** piscina with 64 jobs at a time per thread. */
import { openPiscina } from './piscina-pool.mjs';

export const createPeer = () => openPiscina({ concurrentTasksPerWorker: 64 });
