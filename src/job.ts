import type { Transferable } from 'node:worker_threads';
import { DeadlockError, JobStoppedError, ThreadLostError } from './errors.ts';
import { JobGuards } from './job-guards.ts';
import type { JobOptions } from './job-options.ts';
import type { CallSite } from './lane/call-site.ts';
import type { CarriedFunction } from './lane/carried-function.ts';
import { laneClient } from './lane/lane-client.ts';
import type { PendingJob } from './lane/pending-job.ts';
import { poolContext } from './pool-context.ts';

const PENDING = 0;
const DONE = 1;
const FAILED = 2;

/** What few jobs have, kept apart so that the many stay small. */
interface JobExtras {
  name: string | undefined;
  priority: number;
  callSite: CallSite | undefined;
  /** Why the job was stopped. */
  stopped: { readonly why: string; readonly reason: unknown } | undefined;
  isPaused: boolean;
  guards: JobGuards | undefined;
  /** How often it may be submitted again, and with what; nothing is kept of other jobs. */
  retries: number;
  args: readonly unknown[];
}

const NO_TRANSFER: readonly Transferable[] = [];
const NO_ARGS: readonly unknown[] = [];

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
  readonly #entry: JobEntry<R>;

  /** @internal Use `BackgroundWorkerPool.runJob`. */
  constructor(task: CarriedFunction, options?: JobOptions, callSite?: CallSite) {
    this.#entry = new JobEntry<R>(task, options, callSite);
    this.#entry.submit(options);
  }

  /** Name, for the log. */
  get name(): string {
    return this.#entry.name;
  }

  /** True until the job has ended: while it waits for a thread, too. */
  get running(): boolean {
    return this.#entry.isPending;
  }

  /**
   * What the function returns, or the promise that it returns comes to. Rejects with what it throws,
   * with JobStoppedError `BACKBEAT_JOB_STOPPED`, or with ThreadLostError `BACKBEAT_THREAD_LOST`.
   */
  get result(): Promise<R> {
    return this.#entry.result();
  }

  /**
   * Blocks this thread until the job has ended.
   *
   * @returns What the function returned.
   * @throws What `result` rejects with, and DeadlockError `BACKBEAT_DEADLOCK` while the job is paused.
   */
  resultSync(): R {
    return this.#entry.resultSync();
  }

  /** True while the job is paused: it has not started, and does not before `resume()`. */
  get paused(): boolean {
    return this.#entry.isPaused;
  }

  /**
   * Keeps a job that waits for a thread from starting until `resume()`. It keeps its place in the queue,
   * its `timeout` goes on, and meanwhile it does not hold the process. `stop()` drops it.
   *
   * A function that runs cannot be suspended, so a job that has started, or has ended, goes on as it is;
   * and one that is with a thread already because it needs a message port (`transfer`, shared memory).
   * `paused` tells.
   *
   * @returns This job.
   *
   * @example
   * ```ts
   * import { BackgroundWorkerPool } from 'backbeat';
   * const report = BackgroundWorkerPool.runJob(() => 'written');
   * if (report.pause().paused) console.log('it waits');
   * report.resume();
   * ```
   */
  pause(): this {
    this.#entry.pause();
    return this;
  }

  /**
   * Lets a paused job start. Without effect on others.
   *
   * @returns This job.
   */
  resume(): this {
    this.#entry.resume();
    return this;
  }

  /**
   * Stops the job. Not started yet: it never will. Running: its own signal (`jobSignal()`) is
   * aborted; a job that does not end within the grace time (`setThreads({ grace })`, default 1 s)
   * is ended with its thread. Without effect when it has ended.
   *
   * @returns This job.
   */
  stop(): this {
    this.#entry.stop('stop() was called', undefined);
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
  readonly task: CarriedFunction;
  #state = PENDING;
  /** What it returned or threw. */
  #value: unknown = undefined;
  #promise: Promise<R> | undefined = undefined;
  #resolve: ((value: R) => void) | undefined = undefined;
  #reject: ((error: unknown) => void) | undefined = undefined;
  #extras: JobExtras | undefined = undefined;
  /** Whoever asked gets the failure; otherwise it is logged. */
  #isAskedFor = false;

  constructor(
    task: CarriedFunction,
    options: JobOptions | undefined,
    callSite: CallSite | undefined,
  ) {
    this.task = task;
    const name = options?.name;
    const priority = options?.priority ?? 0;
    if (name !== undefined || priority !== 0 || callSite !== undefined) {
      this.#extras = { ...noExtras(), name, priority, callSite };
    }
  }

  get name(): string {
    return this.#extras?.name ?? this.task.name;
  }

  get priority(): number {
    return this.#extras?.priority ?? 0;
  }

  get callSite(): CallSite | undefined {
    return this.#extras?.callSite;
  }

  get isPending(): boolean {
    return this.#state === PENDING;
  }

  get isPaused(): boolean {
    return this.isPending && this.#extras?.isPaused === true;
  }

  submit(options: JobOptions | undefined): void {
    const args = options?.args ?? NO_ARGS;
    laneClient().submit(this, args, options?.transfer ?? NO_TRANSFER);
    const retries = options?.retries ?? 0;
    if (retries > 0) Object.assign(this.#writableExtras(), { retries, args });
    if (options?.signal !== undefined || options?.timeout !== undefined) {
      const guards = new JobGuards((why, reason) => this.stop(why, reason));
      this.#writableExtras().guards = guards;
      guards.watch(options.signal, options.timeout);
    }
  }

  result(): Promise<R> {
    this.#isAskedFor = true;
    this.#promise ??= this.#makePromise();
    return this.#promise;
  }

  resultSync(): R {
    if (this.isPaused) throw new DeadlockError('resultSync()', 'the job is paused; resume() it');
    this.#isAskedFor = true;
    laneClient().waitUntil(() => !this.isPending);
    if (this.#state === FAILED) throw this.#value;
    return this.#value as R;
  }

  pause(): void {
    if (!this.isPending || this.isPaused || !laneClient().pause(this)) return;
    this.#writableExtras().isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.#writableExtras().isPaused = false;
    laneClient().resume(this);
  }

  stop(why: string, reason: unknown): void {
    if (!this.isPending || this.#extras?.stopped !== undefined) return;
    const extras = this.#writableExtras();
    extras.stopped = { why, reason };
    const client = laneClient();
    if (client.abort(this)) {
      this.reject(undefined, false);
      return;
    }
    extras.guards ??= new JobGuards(() => undefined);
    extras.guards.afterGrace(() => client.endThreadOf(this));
  }

  resolve(value: unknown): void {
    this.#state = DONE;
    this.#value = value;
    this.#extras?.guards?.lift();
    this.#resolve?.(value as R);
  }

  reject(error: unknown, wasRunning = true): void {
    const stopped = this.#extras?.stopped;
    if (stopped === undefined && error instanceof ThreadLostError && this.#retry(error)) return;
    this.#state = FAILED;
    this.#value =
      stopped === undefined
        ? error
        : new JobStoppedError(this.name, wasRunning, stopped.why, stopped.reason ?? error);
    this.#extras?.guards?.lift();
    if (!this.#isAskedFor && stopped === undefined) {
      poolContext.log.jobFailed(this.name, error);
    }
    this.#reject?.(this.#value);
  }

  /** Submits the job again when the caller asked for that. */
  #retry(error: ThreadLostError): boolean {
    const extras = this.#extras;
    if (extras === undefined || extras.retries === 0) return false;
    extras.retries--;
    poolContext.log.jobRetried(this.name, extras.retries, error);
    try {
      laneClient().submit(this, extras.args, NO_TRANSFER);
    } catch (failure) {
      // The arguments cannot be copied any more.
      this.reject(failure, false);
    }
    return true;
  }

  #makePromise(): Promise<R> {
    if (this.#state === DONE) return Promise.resolve(this.#value as R);
    if (this.#state === FAILED) return Promise.reject(this.#value);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  #writableExtras(): JobExtras {
    this.#extras ??= noExtras();
    return this.#extras;
  }
}

function noExtras(): JobExtras {
  return {
    name: undefined,
    priority: 0,
    callSite: undefined,
    stopped: undefined,
    isPaused: false,
    guards: undefined,
    retries: 0,
    args: NO_ARGS,
  };
}
