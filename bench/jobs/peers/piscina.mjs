/** piscina as it is set up by default, with a fixed number of threads. */
import { openPiscina } from './piscina-pool.mjs';

export const createPeer = () => openPiscina({});
