/** How a callback of a worker is called on the own event loop, and what follows its last run. */
import type { BackgroundWorker } from './background-worker.ts';
import { poolContext } from './pool-context.ts';
import { DISPOSE, RUNNING } from './worker-flags.ts';
import type { WorkerCallback } from './worker-options.ts';

/** Calls with the worker's data and arguments, in the asynchronous context it was made in. */
export function invoke<D>(worker: BackgroundWorker<D>, callback: WorkerCallback<D>): unknown {
  const { extras } = worker;
  if (extras === undefined) return callback(worker.data, worker);
  if (extras.context === undefined) return callback(worker.data, worker, ...extras.args);
  return extras.context.runInAsyncScope(callback, undefined, worker.data, worker, ...extras.args);
}

/** After the last run: `finished`, then out of the pool. */
export function finish<D>(worker: BackgroundWorker<D>): void {
  const { finished } = worker;
  if (finished !== undefined) callFinished(worker, finished);
  if (worker.hasFlag(DISPOSE) && !worker.hasFlag(RUNNING)) {
    poolContext.registry.remove(worker as unknown as BackgroundWorker);
  }
}

async function callFinished<D>(
  worker: BackgroundWorker<D>,
  finished: WorkerCallback<D>,
): Promise<void> {
  try {
    await invoke(worker, finished);
  } catch (error) {
    poolContext.log.failed(worker.name, 'finished callback', error);
  }
}
