/** The suite `channel`: its cases in the order they run, and the names the tables use. */
import * as idle from './cases/idle.mjs';
import * as loader from './cases/loader.mjs';
import * as overlap from './cases/overlap.mjs';
import * as stream from './cases/stream.mjs';
import * as walk from './cases/walk.mjs';

export { goals } from './goals.mjs';

export const name = 'channel';

export const cases = { stream, overlap, loader, idle, walk };

/** What every table compares with. */
export const basePeer = 'port-credit';

/** None is tried less often than the others. */
export const libraries = new Set();

const LABELS = {
  'port-credit': 'MessagePort with credit',
  'port-iterator': 'MessagePort, events.on',
  'port-blocking': 'receiveMessageOnPort, Atomics.wait',
  readable: 'Readable',
  ringbuf: 'ringbuf.js, Atomics.wait',
  backbeat: 'backbeat, for await',
  'backbeat-many': 'backbeat, receiveMany',
  'backbeat-blocking': 'backbeat, blocking',
  'backbeat-generator': 'backbeat BackgroundGenerator',
  'loader-serial': 'one loop, no thread',
  'loader-ahead': 'backbeat BackgroundGenerator, 4 ahead',
  'backbeat-walk': 'backbeat walk, for await',
  'backbeat-walk-many': 'backbeat walk, receiveMany',
};

export function labelOf(peerName) {
  return LABELS[peerName] ?? peerName;
}
