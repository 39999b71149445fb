/**
 * Workers on native threads that wait for an instant of the wall clock. The core knows monotonic time
 * only: after a jump of the wall clock, which is noticed within ten seconds, their deadlines are moved
 * from here, as soon as the event loop has its turn.
 */
import type { BackgroundWorker } from './background-worker.ts';
import { poolContext } from './pool-context.ts';
import type { WallTime } from './wall-time.ts';
import type { WorkerRuns } from './worker-runs.ts';

type Worker = BackgroundWorker<never>;

const waiting = new Set<Worker>();
let followed: WallTime | undefined;
let moveRun: WorkerRuns['begin'];

/** Keeps the deadline right, with `begin`, until {@link forgetWallClock}. */
export function followWallClock<D>(worker: BackgroundWorker<D>, begin: WorkerRuns['begin']): void {
  waiting.add(worker as unknown as Worker);
  moveRun = begin;
  if (followed !== undefined) return;
  followed = poolContext.engine.wallTime();
  followed.followers.add(moveAll);
}

/** The worker waits no more. */
export function forgetWallClock<D>(worker: BackgroundWorker<D>): void {
  if (!waiting.delete(worker as unknown as Worker) || waiting.size > 0) return;
  followed?.followers.delete(moveAll);
  followed = undefined;
}

function moveAll(byNs: number): void {
  for (const worker of waiting) {
    const deadlineNs = worker.nextDeadlineNs;
    if (deadlineNs !== undefined) moveRun(worker, Math.max(0, deadlineNs + byNs));
  }
}
