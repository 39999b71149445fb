import type { BackgroundWorker } from './background-worker.ts';

/**
 * How the runs of a worker are armed and executed. {@link BackgroundWorker} keeps the flags that say
 * what is wanted (running, paused, held by the process) and asks for the rest here. Without state of
 * its own: all of it is in the worker.
 */
export interface WorkerRuns {
  /**
   * Makes ready what a start with these arguments needs; nothing has changed yet.
   *
   * @throws What forbids the start.
   */
  prepare<D>(worker: BackgroundWorker<D>, args: readonly unknown[]): void;
  /** Arms the first run of a worker that was started. */
  start<D>(worker: BackgroundWorker<D>): void;
  /** Puts the first run of a grid at `deadlineNs`, now or when the run under way is over. */
  begin<D>(worker: BackgroundWorker<D>, deadlineNs: number): void;
  /** As `begin`, of a worker whose interval may have changed: moves the armed run where it can. */
  move<D>(worker: BackgroundWorker<D>, deadlineNs: number, isSameInterval: boolean): void;
  /** Takes the next run out, now or when the run under way is over. */
  pause<D>(worker: BackgroundWorker<D>): void;
  /** Takes the next run out and finishes the worker, now or when the run under way is over. */
  stop<D>(worker: BackgroundWorker<D>): void;
  /** Lets what is armed hold the process, or not. */
  setRef<D>(worker: BackgroundWorker<D>, isRef: boolean): void;
  /** The deadline of the next run on the engine's time line; undefined while none is armed. */
  deadlineNs<D>(worker: BackgroundWorker<D>): number | undefined;
}
