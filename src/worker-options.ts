/** Options of `newWorker` and `newActor`, and how they are read. */

import type { BackgroundWorker } from './background-worker.ts';
import { type DurationInput, type InstantInput, parseDuration, parseInstant } from './duration.ts';
import { InvalidArgumentError } from './errors.ts';
import { ThreadTask } from './lane/thread-task.ts';
import type { ThreadWorker } from './lane/thread-worker.ts';
import { checkOptionNames } from './option-names.ts';
import {
  DISPOSE,
  IGNORE_EXCEPTION,
  ON_THREAD,
  RUN_ON_TIME,
  RUN_PAST_EVENTS,
  START_WITH_DELAY,
  UNREF,
} from './worker-flags.ts';

/**
 * What a worker runs: gets the worker's `data`, the worker, and what was given to `start()`.
 * Returning `false`, or a promise of it, stops the worker after this run; any other value goes on.
 */
export type WorkerCallback<D = unknown> = (
  data: D,
  worker: BackgroundWorker<D>,
  // biome-ignore lint/suspicious/noExplicitAny: the callback knows what its start() is given
  ...args: any[]
) => unknown;

/**
 * What a worker on native threads runs: as {@link WorkerCallback}, with copies of data and arguments
 * and a handle of the worker.
 */
export type ThreadCallback<D = unknown> = (
  data: D,
  worker: ThreadWorker<D>,
  // biome-ignore lint/suspicious/noExplicitAny: the callback knows what its start() is given
  ...args: any[]
) => unknown;

/** What a worker runs, wherever. */
export type WorkerFunction<D = unknown> = WorkerCallback<D> | ThreadCallback<D> | ThreadTask;

/** Options that workers and actors share. */
export interface CommonOptions<D> {
  /** Name, for `findWorkers` and the log. Need not be unique. Default: none. */
  readonly name?: string | undefined;
  /** Leave the pool when stopped or finished. Default: true. */
  readonly dispose?: boolean | undefined;
  /** Called once after the last run, with the callback's arguments. Default: none. */
  readonly finished?: WorkerCallback<D> | undefined;
  /**
   * Run again in the same run when the callback throws or rejects, until it returns or the worker
   * is stopped: three times at once, then after 1 ms, 2 ms, 4 ms … up to 1 s. Default: false, the
   * error is logged and the worker goes on with its next run.
   */
  readonly ignoreException?: boolean | undefined;
  /** Anything; given to the callback and kept in `worker.data`. Default: undefined. */
  readonly data?: D | undefined;
  /** Stops the worker when aborted. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Hold the process while a run is pending. Default: true. */
  readonly ref?: boolean | undefined;
  /**
   * Run on native threads, straight from the timer thread: on time also while the event loop is
   * blocked. Data and arguments are copied. Default: false, but true when a `task(url, name)` is
   * given.
   */
  readonly thread?: boolean | undefined;
  /**
   * With `thread`: values of the variables that the callback uses, by name; its closure is then not
   * read. Default: none.
   */
  readonly captures?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of `newWorker`. */
export interface WorkerOptions<D> extends CommonOptions<D> {
  /** First run one interval after `start()`. Default: false, at once. */
  readonly startWithDelay?: boolean | undefined;
  /** Number of runs after which the worker stops by itself. Default: 0, no limit. */
  readonly maxCount?: number | undefined;
  /** Runs lie on a fixed grid; if false, one interval after the end of a run. Default: true. */
  readonly runOnTime?: boolean | undefined;
  /** Run slots of the grid that passed during a long run, back to back. Default: false, skip. */
  readonly runPastEvents?: boolean | undefined;
}

/** Options of `newActor`. */
export interface ActorOptions<D> extends CommonOptions<D> {
  /** Seconds from `start()` to the run; or a string with its unit, or a duration. Default: 0. */
  readonly delay?: DurationInput | undefined;
  /**
   * Instant of the run: seconds since 1970 (UTC), a Date, an ISO string or a Temporal instant. Not
   * together with a delay. In the past: at once. Default: none; 0 counts as none.
   */
  readonly at?: InstantInput | undefined;
}

/** Everything a worker is made from, read and checked. */
export interface WorkerSettings<D> {
  readonly callback: WorkerFunction<D>;
  readonly captures: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds. */
  readonly intervalMs: number;
  readonly name: string | undefined;
  readonly data: D | undefined;
  readonly flags: number;
  readonly maxCount: number;
  readonly finished: WorkerCallback<D> | undefined;
  readonly signal: AbortSignal | undefined;
  /** Instant of the wall clock, milliseconds since 1970. */
  readonly atEpochMs: number | undefined;
}

const NO_OPTIONS = {};
const WORKER_OPTIONS: ReadonlySet<string> = new Set([
  'name',
  'dispose',
  'finished',
  'ignoreException',
  'data',
  'signal',
  'ref',
  'thread',
  'captures',
  'startWithDelay',
  'maxCount',
  'runOnTime',
  'runPastEvents',
] satisfies (keyof WorkerOptions<unknown>)[]);

/** Reads the arguments of `newWorker`. */
export function readWorkerSettings<D>(
  interval: DurationInput,
  callback: WorkerFunction<D>,
  options: WorkerOptions<D> = NO_OPTIONS,
): WorkerSettings<D> {
  checkCallback(callback, options);
  checkOptionNames(options, WORKER_OPTIONS);
  const intervalMs = readIntervalMs(interval);
  const maxCount = options.maxCount ?? 0;
  if (!Number.isInteger(maxCount) || maxCount < 0) {
    throw new InvalidArgumentError('maxCount', maxCount, 'a whole number, 0 for no limit');
  }
  const flags =
    readCommonFlags(options) |
    (options.startWithDelay === true ? START_WITH_DELAY : 0) |
    (options.runOnTime === false ? 0 : RUN_ON_TIME) |
    (options.runPastEvents === true ? RUN_PAST_EVENTS : 0);
  return settings(callback, intervalMs, options, flags, maxCount, undefined);
}

/** Reads the arguments of `newActor`. */
export function readActorSettings<D>(
  callback: WorkerFunction<D>,
  options: ActorOptions<D> = NO_OPTIONS,
): WorkerSettings<D> {
  checkCallback(callback, options);
  const { delay = 0, at } = options;
  const delayMs =
    typeof delay === 'number' && delay - delay === 0
      ? delay * 1000
      : parseDuration(delay, 's', 'delay');
  const isAt = at !== undefined && at !== 0;
  if (isAt && delayMs !== 0) {
    throw new InvalidArgumentError('at', at, 'absent when a delay is given: one of both');
  }
  const atEpochMs = isAt ? parseInstant(at, 's', 'at') : undefined;
  const isLater = delayMs > 0 || isAt;
  const flags = readCommonFlags(options) | RUN_ON_TIME | (isLater ? START_WITH_DELAY : 0);
  return settings(callback, Math.max(0, delayMs), options, flags, 1, atEpochMs);
}

/** Reads an interval in seconds. */
export function readIntervalMs(interval: DurationInput): number {
  const intervalMs = parseDuration(interval, 's', 'interval');
  if (intervalMs >= 0) return intervalMs;
  throw new InvalidArgumentError('interval', interval, 'zero or more');
}

function settings<D>(
  callback: WorkerFunction<D>,
  intervalMs: number,
  options: CommonOptions<D>,
  flags: number,
  maxCount: number,
  atEpochMs: number | undefined,
): WorkerSettings<D> {
  const { name, data, finished, signal, captures } = options;
  if (name !== undefined && typeof name !== 'string') {
    throw new InvalidArgumentError('name', name, 'a string');
  }
  if (finished !== undefined) checkCallable('finished', finished);
  if (signal !== undefined) checkSignal(signal);
  const all = callback instanceof ThreadTask ? flags | ON_THREAD : flags;
  const rest = { maxCount, finished, signal, atEpochMs, captures };
  return { callback, intervalMs, name, data, flags: all, ...rest };
}

function readCommonFlags<D>(options: CommonOptions<D>): number {
  let flags = options.dispose === false ? 0 : DISPOSE;
  if (options.ignoreException === true) flags |= IGNORE_EXCEPTION;
  if (options.ref === false) flags |= UNREF;
  if (options.thread === true) flags |= ON_THREAD;
  return flags;
}

function checkCallback<D>(callback: WorkerFunction<D>, options: CommonOptions<D>): void {
  const isTask = callback instanceof ThreadTask;
  if (!isTask) checkCallable('workerCallback', callback);
  checkOptions(options);
  const { thread, captures } = options;
  if (thread !== undefined && typeof thread !== 'boolean') {
    throw new InvalidArgumentError('thread', thread, 'true or false');
  }
  if (isTask && thread === false) {
    throw new InvalidArgumentError('thread', thread, 'true or absent for a task');
  }
  if (captures === undefined) return;
  if (typeof captures !== 'object' || captures === null) {
    throw new InvalidArgumentError('captures', captures, 'an object');
  }
  if (thread !== true)
    throw new InvalidArgumentError('captures', captures, 'absent without thread');
}

function checkCallable(argument: string, value: unknown): void {
  if (typeof value !== 'function') throw new InvalidArgumentError(argument, value, 'a function');
}

function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError('options', options, 'an object');
  }
}

function checkSignal(signal: AbortSignal): void {
  // Not `instanceof`: a signal may come from another context, as in some test runners.
  if (typeof signal?.throwIfAborted !== 'function' || typeof signal.aborted !== 'boolean') {
    throw new InvalidArgumentError('signal', signal, 'an AbortSignal');
  }
  signal.throwIfAborted();
}
