import type { AsyncResource } from 'node:async_hooks';
import type { ThreadPlace } from './thread-place.ts';
import type { WorkerCallback } from './worker-options.ts';

/** Slot of what is not armed. */
export const NO_SLOT = -1;

/** What few workers have, kept apart so that the many stay small. */
export interface WorkerExtras<D> {
  maxCount: number;
  finished: WorkerCallback<D> | undefined;
  args: readonly unknown[];
  context: AsyncResource | undefined;
  signal: AbortSignal | undefined;
  atEpochMs: number | undefined;
  /** Slot of the grid of the last run, for catching up. */
  gridNs: number;
  /** Where the grid starts again after the run that is under way. */
  resumeNs: number | undefined;
  /** Failed attempts of the run that is under way. */
  retries: number;
  /** Armed slot of the next attempt, or {@link NO_SLOT}. */
  retrySlot: number;
  /** Of a worker on native threads. */
  place: ThreadPlace | undefined;
}

/** What `start()` was given when it was given nothing. */
export const NO_ARGS: readonly unknown[] = [];

/** The extras of a worker that has nothing special yet. */
export function noExtras<D>(): WorkerExtras<D> {
  return {
    maxCount: 0,
    finished: undefined,
    args: NO_ARGS,
    context: undefined,
    signal: undefined,
    atEpochMs: undefined,
    gridNs: 0,
    resumeNs: undefined,
    retries: 0,
    retrySlot: NO_SLOT,
    place: undefined,
  };
}
