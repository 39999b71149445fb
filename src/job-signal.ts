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
 *   let rounds = 0;
 *   while (!jobSignal()?.aborted) rounds++;
 *   return rounds;
 * });
 * job.stop();
 * ```
 */
export function jobSignal(): AbortSignal | undefined {
  const lane = (globalThis as Record<symbol, unknown>)[LANE_KEY] as LaneView | undefined;
  return lane?.jobSignal();
}
