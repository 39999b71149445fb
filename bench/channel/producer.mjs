/**
 * Starts the worker that produces for a peer, which then waits for `start`. With `isIdle` that never
 * comes.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export async function startProducer(name, data, transferList = []) {
  const worker = new Worker(new URL(`./producers/${name}.mjs`, import.meta.url), {
    workerData: data,
    transferList,
  });
  const exit = once(worker, 'exit');
  await once(worker, 'message');
  return { worker, start: () => data.isIdle || worker.postMessage('start'), exit };
}
