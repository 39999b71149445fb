import type { Transferable } from 'node:worker_threads';
import { JobStoppedError } from './errors.ts';
import type { JobSettings } from './job-options.ts';
import type { CallSite } from './lane/call-site.ts';
import type { CarriedFunction } from './lane/carried-function.ts';
import { laneClient } from './lane/lane-client.ts';
import type { PendingJob } from './lane/pending-job.ts';
import { threadSettings } from './lane/thread-settings.ts';
import { poolContext } from './pool-context.ts';

/** What a job waits for, or has come to. */
type Outcome<R> =
  | { readonly is: 'pending' }
  | { readonly is: 'done'; readonly value: R }
  | { readonly is: 'failed'; readonly error: unknown };

const PENDING: Outcome<never> = { is: 'pending' };

/**
 * A function that runs on a native thread. Made by `BackgroundWorkerPool.runJob`.
 *
 * A job that fails although nobody has asked for its `result` is logged as an error.
 *
 * @example
 * ```ts
 * import { BackgroundWorkerPool } from 'backbeat';
 * const factor = 7;
 * const job = BackgroundWorkerPool.runJob((n: number) => n * factor, { args: [6] });
 * console.log(await job.result); // 42
 * ```
 */
export class Job<R = unknown> {
  /** Name, for the log. */
  readonly name: string;
  readonly #pending: JobEntry<R>;

  /** @internal Use `BackgroundWorkerPool.runJob`. */
  constructor(task: CarriedFunction, settings: JobSettings, callSite?: CallSite) {
    this.name = settings.name ?? task.name;
    this.#pending = new JobEntry<R>(this.name, task, settings.priority, callSite);
    this.#pending.submit(settings);
  }

  /** True until the job has ended: while it waits for a thread, too. */
  get running(): boolean {
    return this.#pending.outcome.is === 'pending';
  }

  /**
   * What the function returns, or the promise that it returns comes to. Rejects with what it throws,
   * with JobStoppedError `BACKBEAT_JOB_STOPPED`, or with ThreadLostError `BACKBEAT_THREAD_LOST`.
   */
  get result(): Promise<R> {
    return this.#pending.result();
  }

  /**
   * Blocks this thread until the job has ended.
   *
   * @returns What the function returned.
   * @throws What `result` rejects with.
   */
  resultSync(): R {
    return this.#pending.resultSync();
  }

  /**
   * Stops the job. Not started yet: it never will. Running: its own signal (`jobSignal()`) is
   * aborted; a job that does not end within the grace time (`setThreads({ grace })`, default 1 s)
   * is ended with its thread. Without effect when it has ended.
   *
   * @returns This job.
   */
  stop(): this {
    this.#pending.stop('stop() was called', undefined);
    return this;
  }

  /** Stops the job, for `using`. */
  [Symbol.dispose](): void {
    this.stop();
  }
}

/** The job as the lane sees it. */
class JobEntry<R> implements PendingJob {
  slot = 0;
  sequence = 0;
  readonly priority: number;
  readonly task: CarriedFunction;
  readonly callSite: CallSite | undefined;
  readonly #name: string;
  outcome: Outcome<R> = PENDING;
  #promise: Promise<R> | undefined;
  #resolve: ((value: R) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #stopped: { readonly why: string; readonly reason: unknown } | undefined;
  #guards: JobGuards | undefined;

  constructor(
    name: string,
    task: CarriedFunction,
    priority: number,
    callSite: CallSite | undefined,
  ) {
    this.#name = name;
    this.task = task;
    this.callSite = callSite;
    this.priority = priority;
  }

  submit({ args, transfer, signal, timeoutMs }: JobSettings): void {
    laneClient().submit(this, args, transfer);
    if (signal !== undefined || timeoutMs !== undefined) {
      this.#guards = new JobGuards(signal, timeoutMs, (why, reason) => this.stop(why, reason));
    }
  }

  result(): Promise<R> {
    if (this.#promise === undefined) {
      const { outcome } = this;
      if (outcome.is === 'done') this.#promise = Promise.resolve(outcome.value);
      else if (outcome.is === 'failed') this.#promise = Promise.reject(outcome.error);
      else {
        this.#promise = new Promise((resolve, reject) => {
          this.#resolve = resolve;
          this.#reject = reject;
        });
      }
    }
    return this.#promise;
  }

  resultSync(): R {
    laneClient().waitUntil(() => this.outcome.is !== 'pending');
    const outcome = this.outcome as Outcome<R>;
    if (outcome.is === 'failed') throw outcome.error;
    return (outcome as { readonly value: R }).value;
  }

  stop(why: string, reason: unknown): void {
    if (this.outcome.is !== 'pending' || this.#stopped !== undefined) return;
    this.#stopped = { why, reason };
    const client = laneClient();
    if (client.abort(this)) {
      this.#end({ is: 'failed', error: this.#stoppedError(false) });
      return;
    }
    this.#guards ??= new JobGuards(undefined, undefined, () => undefined);
    this.#guards.afterGrace(() => client.endThreadOf(this));
  }

  resolve(value: unknown): void {
    this.#end({ is: 'done', value: value as R });
  }

  reject(error: unknown, wasRunning = true): void {
    const isStopped = this.#stopped !== undefined;
    this.#end({ is: 'failed', error: isStopped ? this.#stoppedError(wasRunning, error) : error });
  }

  #stoppedError(wasRunning: boolean, error?: unknown): JobStoppedError {
    const { why, reason } = this.#stopped as { why: string; reason: unknown };
    return new JobStoppedError(this.#name, wasRunning, why, reason ?? error);
  }

  #end(outcome: Outcome<R>): void {
    this.outcome = outcome;
    this.#guards?.lift();
    if (outcome.is === 'done') this.#resolve?.(outcome.value);
    else if (outcome.is === 'failed') {
      if (this.#promise === undefined && this.#stopped === undefined) {
        poolContext.log.jobFailed(this.#name, outcome.error);
      }
      this.#reject?.(outcome.error);
    }
  }
}

/** What may stop a job from outside: its signal, its time-out, and the end of the grace time. */
class JobGuards {
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #timer: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    stop: (why: string, reason: unknown) => void,
  ) {
    this.#signal = signal;
    this.#onAbort = () => stop('its signal was aborted', signal?.reason);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(
        () => stop(`it took longer than ${timeoutMs} ms`, undefined),
        timeoutMs,
      );
    }
  }

  afterGrace(end: () => void): void {
    this.#grace = setTimeout(end, threadSettings.graceMs);
  }

  lift(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#grace);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

export type { Transferable };
