import { ThreadLostError } from '../errors.ts';
import type { CallSite } from '../lane/call-site.ts';
import { carry } from '../lane/carried-function.ts';
import { leaseAhead } from '../lane/leased-thread.ts';
import type { AnyFunction, ThreadTask } from '../lane/thread-task.ts';
import { callSite, type JobFailure } from './bg-exception.ts';
import { FanOutProgress } from './fan-out-progress.ts';
import { FanOutRun } from './fan-out-run.ts';
import { failureOf, jobsFailed, logFailure } from './job-failures.ts';
import {
  checkNumJobs,
  type JobFunction,
  type ParalleliseOptions,
  type ParalleliseSettings,
  readParalleliseSettings,
} from './parallelise-options.ts';
import type { ResultRun } from './range-report.ts';
import { valuesOf } from './result-reader.ts';

/**
 * Runs a function once for each job id from 0 to `numJobs - 1`, on native threads, and gives all
 * results, by job id. Jobs are started in the order of their ids, at most `numThreads` at a time;
 * threads that have nothing left take jobs from those that have.
 *
 * Quick jobs are given out and reported in blocks of about a millisecond, so that millions of them
 * cost little. A function that returns a promise is awaited before its thread begins the next job.
 *
 * When a job fails, no other is started, running ones are told to stop (`jobSignal()`), a thread
 * that goes on beyond the grace time is ended, and then the returned promise rejects.
 *
 * @param func - Called as `func(jobId, ...args)`. A function is carried with what it captured.
 * @param numJobs - How many jobs, at least 1.
 * @param options - One object, which may hold `args`. Or, in its place, the arguments of the function.
 * @returns The results. With `bgException: 'warn'` null stands for a job that failed.
 * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT`, CaptureError `BACKBEAT_CAPTURE` and
 *   UncloneableError `BACKBEAT_UNCLONEABLE` at the call.
 * @throws BgException `BACKBEAT_BG_EXCEPTION`, later: a job failed. `jobId` is the lowest id of those
 *   that failed, `cause` what it threw, `jobIds` and `errors` all. Otherwise the reason of `signal`.
 *
 * @example
 * ```ts
 * import { parallelise } from 'backbeat';
 * const factor = 3;
 * console.log(await parallelise((jobId: number, n: number) => (jobId + n) * factor, 4, 10));
 * // [ 30, 33, 36, 39 ]
 * const squares = await parallelise((jobId: number) => jobId ** 2, 1000, { numThreads: 2 });
 * console.log(squares.at(-1)); // 998001
 * ```
 */
export function parallelise<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  options: ParalleliseOptions<A> & { readonly bgException: 'warn' },
): Promise<(R | null)[]>;
export function parallelise<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  options: ParalleliseOptions<A>,
): Promise<R[]>;
export function parallelise<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  ...args: A
): Promise<R[]>;
export function parallelise(
  func: AnyFunction | ThreadTask,
  numJobs: number,
  ...rest: readonly unknown[]
): Promise<unknown[]> {
  checkNumJobs(numJobs);
  const settings = readParalleliseSettings(rest);
  if (settings.signal?.aborted) return Promise.reject(settings.signal.reason);
  const fanOut = new FanOut(func, numJobs, settings, callSite(parallelise as AnyFunction));
  return new Promise((resolve, reject) => fanOut.settle(resolve, reject));
}

/**
 * As {@link parallelise}, and blocks this thread until all jobs have ended. Log and progress come
 * when threads have nothing left to do; a thread that does not heed a stop is waited for.
 *
 * @example
 * ```ts
 * import { paralleliseSync } from 'backbeat';
 * console.log(paralleliseSync((jobId: number) => jobId + 1, 3)); // [ 1, 2, 3 ]
 * ```
 */
export function paralleliseSync<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  options: ParalleliseOptions<A> & { readonly bgException: 'warn' },
): (R | null)[];
export function paralleliseSync<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  options: ParalleliseOptions<A>,
): R[];
export function paralleliseSync<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  ...args: A
): R[];
export function paralleliseSync(
  func: AnyFunction | ThreadTask,
  numJobs: number,
  ...rest: readonly unknown[]
): unknown[] {
  checkNumJobs(numJobs);
  const settings = readParalleliseSettings(rest);
  settings.signal?.throwIfAborted();
  const fanOut = new FanOut(func, numJobs, settings, callSite(paralleliseSync as AnyFunction));
  return fanOut.wait();
}

/** How long results are gathered on a thread when somebody is told of progress, ... */
const WATCHED_GATHER_MS = 20;
/** ... and when nobody is: results are not seen before the last one, and each message wakes this thread. */
const GATHER_MS = 100;

/** All results of a fan-out. */
class FanOut {
  readonly #settings: ParalleliseSettings;
  readonly #caller: CallSite;
  readonly #results: unknown[];
  readonly #failures: JobFailure[] = [];
  readonly #progress: FanOutProgress;
  #reported = 0;
  readonly #run: FanOutRun;
  readonly #onAbort = (): void => this.#run.stopAbove(-1);
  #resolve: ((results: unknown[]) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #outcome: { readonly error: unknown } | 'done' | undefined;

  constructor(
    func: AnyFunction | ThreadTask,
    numJobs: number,
    settings: ParalleliseSettings,
    caller: CallSite,
  ) {
    this.#settings = settings;
    this.#caller = caller;
    this.#results = new Array(numJobs);
    if (typeof func === 'function') leaseAhead(Math.min(settings.numThreads, numJobs));
    const plan = {
      carried: carry(func, settings.captures),
      numJobs,
      numThreads: settings.numThreads,
      args: settings.args,
      passLogger: settings.passLogger,
      logger: settings.logger,
      onFailure: settings.bgException === 'raise' ? ('stop' as const) : ('go-on' as const),
      gatherMs: isWatched(settings) ? WATCHED_GATHER_MS : GATHER_MS,
      limit: numJobs,
    };
    this.#run = new FanOutRun(plan, {
      onRun: (run) => this.#take(run),
      onEnd: (failure) => this.#end(failure),
    });
    this.#progress = new FanOutProgress(settings, numJobs);
    settings.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  settle(resolve: (results: unknown[]) => void, reject: (error: unknown) => void): void {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  wait(): unknown[] {
    this.#progress.leaveSignals();
    this.#run.waitForEnd();
    if (this.#outcome !== 'done') throw this.#outcome?.error;
    return this.#results;
  }

  #take(run: ResultRun): void {
    const { firstId } = run;
    if (run.is === 'failure') {
      const failure = failureOf(run, this.#caller);
      this.#failures.push(failure);
      if (this.#settings.bgException === 'warn') logFailure(this.#settings.logger, failure);
    }
    const values = valuesOf(run);
    this.#reported += values.length;
    for (let index = 0; index < values.length; index++) {
      this.#results[firstId + index] = values[index];
    }
    this.#progress.note(run, this.#run.range.claimed);
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    const { signal } = this.#settings;
    signal?.removeEventListener('abort', this.#onAbort);
    this.#progress.end();
    if (failure !== undefined) this.#fail(failure.error);
    else if (signal?.aborted && this.#run.range.isStopped) this.#fail(signal.reason);
    else if (this.#failures.length > 0 && this.#settings.bgException === 'raise') {
      this.#fail(jobsFailed(this.#failures, this.#caller));
    } else {
      if (this.#reported < this.#results.length) this.#fillGaps();
      this.#outcome = 'done';
      this.#resolve?.(this.#results);
    }
  }

  /** Results that a thread had gathered when it crashed are gone with it. */
  #fillGaps(): void {
    const error = new ThreadLostError('the function of the fan-out');
    for (let jobId = 0; jobId < this.#results.length; jobId++) {
      if (jobId in this.#results) continue;
      this.#results[jobId] = null;
      logFailure(this.#settings.logger, { jobId, error });
    }
  }

  #fail(error: unknown): void {
    this.#outcome = { error };
    this.#reject?.(error);
  }
}

function isWatched({ onProgress, progressBar, isLogging }: ParalleliseSettings): boolean {
  return onProgress !== undefined || progressBar !== false || isLogging;
}
