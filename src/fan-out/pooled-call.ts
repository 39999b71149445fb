/** One call of a function on a pooled thread, for an owner that wants to know how it ended. */
import { JobStoppedError } from '../errors.ts';
import type { CallSite } from '../lane/call-site.ts';
import type { CarriedFunction } from '../lane/carried-function.ts';
import { laneClient } from '../lane/lane-client.ts';
import type { PendingJob } from '../lane/pending-job.ts';

/** What a call has come to. */
export type CallOutcome<R = unknown> =
  | { readonly is: 'done'; readonly value: R }
  | { readonly is: 'failed'; readonly error: unknown };

/** See the head of the file. */
export class PooledCall implements PendingJob {
  slot = 0;
  sequence = 0;
  readonly priority = 0;
  readonly task: CarriedFunction;
  readonly callSite: CallSite | undefined;
  readonly #onEnd: (outcome: CallOutcome) => void;

  /** @throws UncloneableError `BACKBEAT_UNCLONEABLE` when an argument cannot go to a thread. */
  constructor(
    task: CarriedFunction,
    args: readonly unknown[],
    onEnd: (outcome: CallOutcome) => void,
    callSite?: CallSite,
  ) {
    this.task = task;
    this.callSite = callSite;
    this.#onEnd = onEnd;
    laneClient().submit(this, args, []);
  }

  resolve(value: unknown): void {
    this.#onEnd({ is: 'done', value });
  }

  reject(error: unknown, wasRunning = true): void {
    const { name } = this.task;
    // Nothing but the end of all threads stops one.
    const why = error ?? new JobStoppedError(name, wasRunning, 'its thread was told to end');
    this.#onEnd({ is: 'failed', error: why });
  }
}
