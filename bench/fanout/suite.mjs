/** The suite `fanout`: its cases in the order they run, and the names the tables use. */
import * as cpu from './cases/cpu.mjs';
import * as files from './cases/files.mjs';
import * as orderedMap from './cases/ordered-map.mjs';
import * as orderedStream from './cases/ordered-stream.mjs';
import * as streamMemory from './cases/stream-memory.mjs';
import * as tiny from './cases/tiny.mjs';
import * as uneven from './cases/uneven.mjs';

export { goals } from './goals.mjs';

export const name = 'fanout';

export const cases = {
  cpu,
  tiny,
  uneven,
  files,
  'ordered-map': orderedMap,
  'ordered-stream': orderedStream,
  'stream-memory': streamMemory,
};

/** What every table compares with, where the case has it. */
export const basePeer = 'raw-chunks';

/** None is tried less often than the others. */
export const libraries = new Set();

const LABELS = {
  serial: 'loop on the main thread',
  'raw-chunks': 'Workers, chunks by hand',
  'readable-map': 'Readable.map',
  backbeat: 'backbeat parallelise',
  'backbeat-iter': 'backbeat paralleliseIter',
  'backbeat-loop': 'backbeat OrderedItemProducer, for await',
  'backbeat-ordered': 'backbeat OrderedItemProducer, thread',
};

export function labelOf(peerName) {
  return LABELS[peerName] ?? peerName;
}
