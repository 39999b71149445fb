/** When the next run of a worker is due, on the engine's time line. */
import { poolContext } from './pool-context.ts';
import type { WorkerExtras } from './worker-extras.ts';
import { ONCE, RUN_ON_TIME, RUN_PAST_EVENTS, START_WITH_DELAY } from './worker-flags.ts';
import type { WorkerState } from './worker-state.ts';

/** Nanoseconds from the start to the first run. */
export function firstDelayNs<D>(worker: WorkerState<D>): number {
  return worker.hasFlag(START_WITH_DELAY) ? worker.intervalMs * 1e6 : 0;
}

/** The deadline of the first run of a worker that starts now. */
export function firstDeadlineNs<D>(worker: WorkerState<D>): number {
  const { engine } = poolContext;
  const atEpochMs = worker.extras?.atEpochMs;
  if (atEpochMs !== undefined) return engine.wallTime().deadlineNs(atEpochMs);
  return engine.orderedNowNs() + firstDelayNs(worker);
}

/** The deadline of the run behind one that is over now, for a worker that is armed for each. */
export function nextDeadlineNs<D>(worker: WorkerState<D>): number {
  const intervalNs = worker.intervalMs * 1e6 || leastIntervalNs();
  const isCatchingUp = worker.hasFlag(RUN_ON_TIME) && worker.hasFlag(RUN_PAST_EVENTS);
  const fromNs = isCatchingUp
    ? (worker.extras as WorkerExtras<D>).gridNs
    : poolContext.engine.orderedNowNs();
  return fromNs + intervalNs;
}

/** What interval 0 counts as. A manual clock would never get past the instant: there a millisecond. */
export function leastIntervalNs(): number {
  return poolContext.engine.clock === undefined ? 0 : 1e6;
}

/** Distance of the slots of a grid whose missed slots are skipped; 0 when there is no such grid. */
export function gridIntervalNs<D>(worker: WorkerState<D>): number {
  const kind = worker.stateFlags & (RUN_ON_TIME | RUN_PAST_EVENTS | ONCE);
  return kind === RUN_ON_TIME ? Math.round(worker.intervalMs * 1e6) : 0;
}
