import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { openSender } from '../../../dist/index.js';
import { producerOf } from '../values.mjs';

const { handle, kind, n, isBatched } = workerData;
const { make, transferOf } = producerOf(kind);
const BATCH = 1000;

const sender = openSender(handle);
parentPort.postMessage('ready');
await once(parentPort, 'message');
if (isBatched) {
  for (let from = 0; from < n; from += BATCH) {
    const values = new Array(Math.min(BATCH, n - from));
    for (let at = 0; at < values.length; at++) values[at] = make(from + at);
    sender.sendManySync(values);
  }
} else {
  for (let id = 0; id < n; id++) {
    const value = make(id);
    const transfer = transferOf(value);
    sender.sendSync(value, transfer && { transfer });
  }
}
sender.close();
parentPort.close();
