import { LANE_KEY, type LaneView } from './lane/lane-view.ts';

/**
 * The signal of the job that is running on this native thread: aborted when the job is stopped.
 * Undefined on a thread that is none of ours.
 *
 * Code that never returns to the event loop learns of a stop by calling it again: each call looks.
 *
 * @example
 * ```ts
 * import { BackgroundWorkerPool, jobSignal } from 'backbeat';
 * const job = BackgroundWorkerPool.runJob(() => {
 *   for (;;) jobSignal()?.throwIfAborted();
 * });
 * job.stop();
 * await job.result.catch((error) => console.log(error.code)); // BACKBEAT_JOB_STOPPED
 * ```
 */
export function jobSignal(): AbortSignal | undefined {
  const lane = (globalThis as Record<symbol, unknown>)[LANE_KEY] as LaneView | undefined;
  return lane?.jobSignal();
}
