/**
 * One run of a function on a thread that it has for itself. It does not hold the process; who waits
 * for its end does.
 */
import type { Transferable } from 'node:worker_threads';
import { JobStoppedError, ThreadLostError } from '../errors.ts';
import type { CarriedFunction } from '../lane/carried-function.ts';
import { laneClient } from '../lane/lane-client.ts';
import { type LeasedJob, LeasedThread } from '../lane/leased-thread.ts';

/** How a run stands. Kept apart from the run, so that whoever waits does not keep the run. */
export interface RunRecord {
  readonly name: string;
  isOver: boolean;
  /** What the function returned. */
  value: unknown;
  failure: { readonly error: unknown } | undefined;
}

/** See the head of the file. */
export class ThreadRun {
  readonly record: RunRecord;
  /** When the run is over. Never rejects. */
  readonly over: Promise<void>;
  readonly #thread: LeasedThread;
  readonly #job: LeasedJob;
  readonly #onOver: (record: RunRecord) => void;

  /**
   * @param onOver - Called at the end. What it captures lives as long as the run.
   * @throws UncloneableError `BACKBEAT_UNCLONEABLE` when an argument cannot go to a thread.
   */
  constructor(
    name: string,
    task: CarriedFunction,
    args: readonly unknown[],
    transfer: readonly Transferable[],
    onOver: (record: RunRecord) => void,
  ) {
    const record: RunRecord = { name, isOver: false, value: undefined, failure: undefined };
    this.record = record;
    this.#thread = new LeasedThread();
    try {
      this.#job = this.#thread.run(task, args, transfer, true);
    } finally {
      this.#thread.release();
    }
    const job = this.#job;
    // A stack that was not put into words yet keeps the objects whose methods are on it.
    void job.callSite?.stack;
    this.over = job.result.then(
      () => settle(record, job, onOver),
      () => settle(record, job, onOver),
    );
    this.#onOver = onOver;
  }

  /** The job's signal is aborted. */
  abort(): void {
    this.#job.stop();
  }

  /** Looks at what has come from the threads, and says whether the run is over. */
  look(): boolean {
    if (this.record.isOver) return true;
    laneClient().settleResults();
    return this.#settleIfOver();
  }

  /** Blocks until the thread is up or the run is over. */
  waitUntilUp(): void {
    this.#thread.waitUntilUp();
    this.#settleIfOver();
  }

  /** Blocks until the run is over. */
  wait(): void {
    this.#job.wait();
    this.#settleIfOver();
  }

  /** Waits for the end, and holds the process meanwhile. */
  async whenOver(): Promise<void> {
    if (this.record.isOver) return;
    const client = laneClient();
    client.hold();
    try {
      await this.over;
    } finally {
      client.letGo();
    }
  }

  #settleIfOver(): boolean {
    if (this.#job.outcome !== undefined) settle(this.record, this.#job, this.#onOver);
    return this.record.isOver;
  }
}

function settle(record: RunRecord, job: LeasedJob, onOver: (record: RunRecord) => void): void {
  const { outcome } = job;
  if (record.isOver || outcome === undefined) return;
  record.isOver = true;
  if (!('error' in outcome)) record.value = outcome.value;
  else if (!wasDropped(outcome.error)) {
    record.failure = { error: named(outcome.error, record.name) };
  }
  onOver(record);
}

/** Stopped before it began: nothing was made, so nothing has failed. */
function wasDropped(error: unknown): boolean {
  return error instanceof JobStoppedError && !error.wasRunning;
}

/** The thread was running our own module; what matters is what it ran for whom. */
function named(error: unknown, name: string): unknown {
  if (!(error instanceof ThreadLostError) || error.task === name) return error;
  return new ThreadLostError(name, error.cause);
}
