import type { CallSite } from '../lane/call-site.ts';
import { type CarriedFunction, carry } from '../lane/carried-function.ts';
import type { AnyFunction, ThreadTask } from '../lane/thread-task.ts';
import { callSite, type JobFailure } from './bg-exception.ts';
import { FanOutProgress } from './fan-out-progress.ts';
import { FanOutRun } from './fan-out-run.ts';
import { failureOf, jobsFailed, logFailure } from './job-failures.ts';
import {
  checkNumJobs,
  type JobFunction,
  type ParalleliseIterOptions,
  type ParalleliseSettings,
  readParalleliseSettings,
} from './parallelise-options.ts';
import type { ResultRun } from './range-report.ts';
import { ResultQueue } from './result-queue.ts';

/**
 * As `parallelise`, but gives the results one by one while jobs are running: in the order of their
 * ids, or with `ordered: false` as they come, each as `[jobId, result]`.
 *
 * At most `lookAhead` jobs are started ahead of the result that was taken last, so memory stays flat
 * however many jobs there are. Threads start with the first result that is asked for; leaving the
 * loop stops them.
 *
 * In order, the results of all jobs below the first failed one come before the `BgException`.
 *
 * @param func - Called as `func(jobId, ...args)`.
 * @param numJobs - How many jobs, at least 1.
 * @param options - As for `parallelise`, and `ordered` and `lookAhead`.
 * @throws As `parallelise`; failures of jobs come out of the loop.
 *
 * @example
 * ```ts
 * import { paralleliseIter } from 'backbeat';
 * let sum = 0;
 * for await (const square of paralleliseIter((jobId: number) => jobId ** 2, 100_000)) {
 *   sum += square;
 *   if (sum > 1000) break;
 * }
 * console.log(sum); // 1015
 * ```
 */
export function paralleliseIter<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  options: ParalleliseIterOptions<A> & {
    readonly ordered: false;
    readonly bgException: 'warn';
  },
): AsyncIterableIterator<[jobId: number, result: R | null], undefined>;
export function paralleliseIter<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  options: ParalleliseIterOptions<A> & { readonly ordered: false },
): AsyncIterableIterator<[jobId: number, result: R], undefined>;
export function paralleliseIter<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  options: ParalleliseIterOptions<A> & { readonly bgException: 'warn' },
): AsyncIterableIterator<R | null, undefined>;
export function paralleliseIter<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  options: ParalleliseIterOptions<A>,
): AsyncIterableIterator<R, undefined>;
export function paralleliseIter<A extends readonly unknown[], R>(
  func: JobFunction<A, R>,
  numJobs: number,
  ...args: A
): AsyncIterableIterator<R, undefined>;
export function paralleliseIter(
  func: AnyFunction | ThreadTask,
  numJobs: number,
  ...rest: readonly unknown[]
): AsyncIterableIterator<unknown, undefined> {
  checkNumJobs(numJobs);
  const settings = readParalleliseSettings(rest, true);
  const carried = carry(func, settings.captures);
  const caller = callSite(paralleliseIter as AnyFunction);
  const stream = new ResultStream(carried, numJobs, settings, caller);
  const iterator: AsyncIterableIterator<unknown, undefined> = {
    next: () => stream.next(),
    return: () => stream.leave(),
    [Symbol.asyncIterator]: () => iterator,
  };
  // The stream is kept by its run; the iterator only by who reads it.
  abandoned.register(iterator, stream);
  return iterator;
}

type Step = IteratorResult<unknown, undefined>;

interface Reader {
  readonly resolve: (step: Step) => void;
  readonly reject: (error: unknown) => void;
}

/** Ids are released to the threads in portions of this part of the look-ahead. */
const PORTIONS = 4;
const END: Step = { value: undefined, done: true };

const abandoned = new FinalizationRegistry<ResultStream>((stream) => void stream.leave());

/** Results of a fan-out, one by one. */
class ResultStream {
  readonly #carried: CarriedFunction;
  readonly #numJobs: number;
  readonly #settings: ParalleliseSettings;
  readonly #caller: CallSite;
  readonly #queue: ResultQueue;
  readonly #failures: JobFailure[] = [];
  readonly #readers: Reader[] = [];
  readonly #onAbort = (): void => this.#run?.stopAbove(-1);
  #run: FanOutRun | undefined;
  #progress: FanOutProgress | undefined;
  #limit: number;
  #taken = 0;
  /** Why nothing more comes. */
  #end: { readonly error: unknown } | 'end' | undefined;
  #onEnd: (() => void) | undefined;

  constructor(
    carried: CarriedFunction,
    numJobs: number,
    settings: ParalleliseSettings,
    caller: CallSite,
  ) {
    this.#carried = carried;
    this.#numJobs = numJobs;
    this.#settings = settings;
    this.#caller = caller;
    this.#queue = new ResultQueue(settings.ordered);
    this.#limit = Math.min(numJobs, settings.lookAhead);
  }

  next(): Promise<Step> {
    if (this.#readers.length === 0 && this.#queue.advance()) return Promise.resolve(this.#take());
    if (this.#run === undefined && this.#end === undefined) this.#start();
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#serve();
    });
  }

  /** Stops everything; settles when nothing runs any more. */
  leave(): Promise<Step> {
    this.#end ??= 'end';
    this.#queue.clear();
    const run = this.#run;
    if (run === undefined || run.hasEnded) return Promise.resolve(END);
    return new Promise((resolve) => {
      this.#onEnd = () => resolve(END);
      run.stopAbove(-1);
    });
  }

  #start(): void {
    const { signal, bgException, ordered, args, numThreads, passLogger, logger } = this.#settings;
    if (signal?.aborted) {
      this.#end = { error: signal.reason };
      return;
    }
    const onFailure = ordered ? ('stop-above' as const) : ('stop' as const);
    const plan = {
      carried: this.#carried,
      numJobs: this.#numJobs,
      numThreads,
      args,
      passLogger,
      logger,
      onFailure: bgException === 'raise' ? onFailure : ('go-on' as const),
      // A reader may be waiting for each of them.
      gatherMs: 0,
      limit: this.#limit,
    };
    this.#progress = new FanOutProgress(this.#settings, this.#numJobs);
    this.#run = new FanOutRun(plan, {
      onRun: (run) => this.#receive(run),
      onEnd: (failure) => this.#ended(failure),
    });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  #receive(run: ResultRun): void {
    if (this.#end !== undefined) return;
    let isResult = true;
    if (run.is === 'failure') {
      const failure = failureOf(run, this.#caller);
      this.#failures.push(failure);
      isResult = this.#settings.bgException === 'warn';
      if (isResult) logFailure(this.#settings.logger, failure);
    }
    if (isResult) this.#queue.add(run);
    this.#progress?.note(run, this.#run?.range.claimed ?? 0);
    this.#serve();
  }

  #ended(failure: { readonly error: unknown } | undefined): void {
    const { signal } = this.#settings;
    signal?.removeEventListener('abort', this.#onAbort);
    this.#progress?.end();
    if (failure !== undefined) this.#end ??= failure;
    else if (this.#failures.length > 0 && this.#settings.bgException === 'raise') {
      this.#end ??= { error: jobsFailed(this.#failures, this.#caller) };
    } else if (signal?.aborted && this.#run?.range.isStopped)
      this.#end ??= { error: signal.reason };
    else this.#end ??= 'end';
    this.#serve();
    this.#onEnd?.();
  }

  /** Gives the readers what is there. */
  #serve(): void {
    while (this.#readers.length > 0) {
      if (this.#queue.advance()) this.#readers.shift()?.resolve(this.#take());
      else if (this.#end === undefined) return;
      else {
        const reader = this.#readers.shift();
        if (this.#end === 'end') reader?.resolve(END);
        else reader?.reject(this.#end.error);
        // An error comes once, then it is the end.
        this.#end = 'end';
      }
    }
  }

  #take(): Step {
    const value = this.#queue.take();
    this.#taken++;
    const { lookAhead } = this.#settings;
    const limit = Math.min(this.#numJobs, this.#taken + lookAhead);
    if (
      limit - this.#limit >= Math.max(1, Math.floor(lookAhead / PORTIONS)) ||
      limit === this.#numJobs
    ) {
      if (limit > this.#limit && this.#end === undefined) this.#run?.raiseLimit(limit);
      this.#limit = limit;
    }
    return { value, done: false };
  }
}
