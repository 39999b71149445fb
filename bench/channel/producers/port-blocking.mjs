/** Posts, counts in shared memory, and blocks while the bound is reached. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { producerOf } from '../values.mjs';

const { port, counters, kind, n, bound } = workerData;
const { make, transferOf } = producerOf(kind);
parentPort.postMessage('ready');
await once(parentPort, 'message');
for (let id = 0; id < n; id++) {
  for (;;) {
    const taken = Atomics.load(counters, 1);
    if (id - taken < bound) break;
    Atomics.wait(counters, 1, taken);
  }
  const value = make(id);
  port.postMessage(value, transferOf(value));
  Atomics.store(counters, 0, id + 1);
  Atomics.notify(counters, 0);
}
parentPort.close();
port.close();
