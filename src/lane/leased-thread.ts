/**
 * A native thread that one caller has for itself: for a generator, for a function that keeps state
 * between calls, for a job that blocks. It comes from the pool of threads, does not count against
 * its limit, and goes back when it is released.
 */
import type { Transferable } from 'node:worker_threads';
import { JobStoppedError, ThreadLostError } from '../errors.ts';
import { setTimeoutAtLoad } from '../host-at-load.ts';
import { type CallSite, takeCallSite } from './call-site.ts';
import type { CarriedFunction } from './carried-function.ts';
import { laneClient } from './lane-client.ts';
import type { LaneThread } from './lane-threads.ts';
import type { PendingJob } from './pending-job.ts';

/** How long a released thread is kept for the next who leases one. */
const KEPT_MS = 1;
/**
 * Threads that were released a moment ago. The core leases idle ones only, and it takes them a moment
 * to become idle: who does one fan-out after the other would start threads each time.
 */
const kept: LaneThread[] = [];

/** See the head of the file. */
export class LeasedThread {
  readonly #thread: LaneThread;
  readonly #jobs = new Set<LeasedJob>();
  #isReleased = false;
  #isLost = false;

  constructor() {
    this.#thread = takeKept() ?? laneClient().parcels.lease();
  }

  /** Jobs that have not ended. */
  get running(): number {
    return this.#jobs.size;
  }

  /** False while the thread is starting: none of its jobs has begun. */
  get isUp(): boolean {
    return this.#thread.isUp;
  }

  /** Blocks until the thread has come up and begun with its jobs, or they have failed. */
  waitUntilUp(): void {
    laneClient().waitUntil(() => this.#thread.isUp || this.#jobs.size === 0);
  }

  /**
   * Runs a function on the thread. Several that return promises run next to each other.
   *
   * @param isDaemon - The job does not hold the process.
   * @returns What the function returns. `stop()` of the promise's job aborts its signal.
   * @throws UncloneableError `BACKBEAT_UNCLONEABLE` when an argument cannot go to a thread.
   * @throws ThreadLostError `BACKBEAT_THREAD_LOST` when the thread had ended, and the job can be sent to
   *   another one because nothing was moved. Otherwise the job has failed with it.
   */
  run(
    task: CarriedFunction,
    args: readonly unknown[],
    transfer: readonly Transferable[] = [],
    isDaemon = false,
  ): LeasedJob {
    const job = new LeasedJob(task, isDaemon, () => this.#ended(job));
    const client = laneClient();
    try {
      client.submitTo(this.#thread, job, args, transfer);
    } catch (error) {
      const isLost = error instanceof ThreadLostError;
      this.#isLost ||= isLost;
      // What was moved to a thread that has ended cannot be sent to another one.
      if (!isLost || transfer.length === 0) throw error;
      job.reject(error);
      return job;
    }
    this.#jobs.add(job);
    return job;
  }

  /** Gives the thread back as soon as nothing runs on it any more. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#jobs.size === 0) this.#giveBack();
  }

  /** Ends the thread at once, whatever it is doing; its jobs fail with ThreadLostError. */
  terminate(): void {
    this.#isReleased = true;
    this.#isLost = true;
    this.#thread.worker.terminate();
  }

  #ended(job: LeasedJob): void {
    this.#jobs.delete(job);
    if (job.outcome !== undefined && 'error' in job.outcome) {
      this.#isLost ||= job.outcome.error instanceof ThreadLostError;
    }
    if (this.#isReleased && this.#jobs.size === 0) this.#giveBack();
  }

  #giveBack(): void {
    if (this.#isLost) return;
    if (kept.length === 0) setTimeoutAtLoad(releaseKept, KEPT_MS).unref();
    kept.push(this.#thread);
  }
}

/** Starts so many threads: they come up while the caller gets ready what they are to run. */
export function leaseAhead(count: number): void {
  const leases = Array.from({ length: count }, () => new LeasedThread());
  for (const lease of leases) lease.release();
}

/** The one that was released last; others may have ended meanwhile. */
function takeKept(): LaneThread | undefined {
  const { threads } = laneClient();
  for (;;) {
    const thread = kept.pop();
    if (thread === undefined || threads.get(thread.ticket) === thread) return thread;
  }
}

function releaseKept(): void {
  for (const thread of kept.splice(0)) laneClient().parcels.release(thread);
}

/** A job on a leased thread. */
export class LeasedJob implements PendingJob {
  slot = 0;
  sequence = 0;
  readonly priority = 0;
  readonly task: CarriedFunction;
  readonly isDaemon: boolean;
  readonly callSite: CallSite | undefined;
  /** Settles when the job has ended. */
  readonly result: Promise<unknown>;
  readonly #onEnd: () => void;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;
  #outcome: { readonly value: unknown } | { readonly error: unknown } | undefined;

  constructor(task: CarriedFunction, isDaemon: boolean, onEnd: () => void) {
    this.task = task;
    this.isDaemon = isDaemon;
    this.callSite = takeCallSite(LeasedThread.prototype.run);
    this.#onEnd = onEnd;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever needs the result looks at it; a failure that nobody asks for is the owner's to report.
    this.result.catch(() => undefined);
  }

  /** What the job has come to, when it has ended. */
  get outcome(): { readonly value: unknown } | { readonly error: unknown } | undefined {
    return this.#outcome;
  }

  /** Blocks this thread until the job has ended. */
  wait(): void {
    laneClient().waitUntil(() => this.#outcome !== undefined);
  }

  /** Aborts the job's signal. */
  stop(): void {
    if (this.#outcome === undefined) laneClient().abort(this);
  }

  resolve(value: unknown): void {
    this.#outcome = { value };
    this.#onEnd();
    this.#resolve(value);
  }

  reject(thrown: unknown, wasRunning = true): void {
    const error = wasRunning
      ? thrown
      : new JobStoppedError(this.task.name, false, 'nobody waits for it');
    this.#outcome = { error };
    this.#onEnd();
    this.#reject(error);
  }
}
