/** Pushes into a ring, and blocks while it is full. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { producerOf } from '../values.mjs';

const { memory, signals, kind, n } = workerData;
const { make } = producerOf(kind);
const ring = new RingBuffer(memory, kind === 'number' ? Float64Array : Uint8Array);
const one = new Float64Array(1);
parentPort.postMessage('ready');
await once(parentPort, 'message');
for (let id = 0; id < n; id++) {
  let item = make(id);
  if (kind === 'number') {
    one[0] = item;
    item = one;
  }
  for (;;) {
    const before = Atomics.load(signals, 1);
    if (ring.push(item) > 0) break;
    Atomics.wait(signals, 1, before);
  }
  Atomics.add(signals, 0, 1);
  Atomics.notify(signals, 0);
}
parentPort.close();
