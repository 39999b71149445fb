/** Posts as many as it has credit for. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { producerOf } from '../values.mjs';

const { port, kind, n, bound } = workerData;
const { make, transferOf } = producerOf(kind);
let credit = bound;
let next = 0;

function post() {
  for (; credit > 0 && next < n; credit--) {
    const value = make(next++);
    port.postMessage(value, transferOf(value));
  }
  if (next === n) parentPort.close();
}

parentPort.postMessage('ready');
await once(parentPort, 'message');
port.on('message', (more) => {
  credit += more;
  post();
});
post();
