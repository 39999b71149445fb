import type { CallSite } from './call-site.ts';
import type { CarriedFunction } from './carried-function.ts';

/** What the client needs of a job. */
export interface PendingJob {
  /** Number of the job while it is under way; written by the client. */
  slot: number;
  /** Written by the client. */
  sequence: number;
  /** -128 to 127; higher ones first. */
  readonly priority: number;
  /** Kept here so that its definition is not forgotten while the job waits. */
  readonly task: CarriedFunction;
  /** Where it was submitted, for the stack of its error. */
  readonly callSite: CallSite | undefined;
  /** It does not hold the process. */
  readonly isDaemon?: boolean;
  /** It waits until it is resumed, and does not hold the process either. */
  readonly isPaused?: boolean;
  /** The job has returned. */
  resolve(value: unknown): void;
  /** The job has thrown, or cannot end any more. */
  reject(error: unknown, wasRunning?: boolean): void;
}
