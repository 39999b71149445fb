/** A worker thread of a stress run: arms and runs one share of the actors. */
import { parentPort, workerData } from 'node:worker_threads';
import { CounterRow } from './ledger.ts';
import type { IsolateOrder } from './measurement.ts';
import { StressShare } from './share.ts';

const order = workerData as IsolateOrder;
const counters = new CounterRow(order.counters, order.isolate);
const share = await StressShare.prepare(order.timers, order.plan, counters);

// All isolates start together once every one is ready.
parentPort?.once('message', async () => {
  parentPort?.postMessage(await share.run());
});
parentPort?.postMessage('ready');
