/** The suite `jobs`: its cases in the order they run, and the names the tables use. */
import { availableParallelism } from 'node:os';
import * as blocked from './cases/blocked.mjs';
import * as carried from './cases/carried.mjs';
import * as compute from './cases/compute.mjs';
import * as large from './cases/large.mjs';
import * as memory from './cases/memory.mjs';
import * as object from './cases/object.mjs';
import * as roundTrip from './cases/round-trip.mjs';
import * as start from './cases/start.mjs';
import * as tiny from './cases/tiny.mjs';

export { goals } from './goals.mjs';

export const name = 'jobs';

/** Of every pool. */
const THREADS = availableParallelism();

export const cases = Object.fromEntries(
  Object.entries({
    tiny,
    object,
    compute,
    large,
    start,
    'round-trip': roundTrip,
    memory,
    blocked,
    carried,
  }).map(([caseName, module]) => [
    caseName,
    { ...module, groups: ({ quick }) => module.groups({ quick, threads: THREADS }) },
  ]),
);

/** What every table compares with. */
export const basePeer = 'piscina';

/** None is tried less often than the others. */
export const libraries = new Set();

const LABELS = {
  raw: 'worker_threads, kept full',
  'piscina-64': 'piscina, 64 per thread',
  'backbeat-sync': 'backbeat, resultSync',
  'backbeat-timed': 'backbeat, thread: true',
};

export function labelOf(peerName) {
  return LABELS[peerName] ?? peerName;
}
