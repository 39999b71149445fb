/** Options of `parallelise` and `paralleliseIter`, and how they are read. */
import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from '../errors.ts';
import type { ThreadTask } from '../lane/thread-task.ts';
import type { Logger } from '../pool-log.ts';
import { defaultLog, type LoggerInput, readLogger } from './fan-out-log.ts';
import { MOST_JOBS } from './job-range.ts';

/** What runs once per job, on a thread: a function that is carried, or a task. */
export type JobFunction<A extends readonly unknown[], R> =
  | ((jobId: number, ...args: A) => R | PromiseLike<R>)
  | ThreadTask<(jobId: number, ...args: A) => R | PromiseLike<R>>;

/** How far a fan-out is. */
export interface JobProgress {
  /** Jobs that have ended, failed ones included. */
  readonly done: number;
  /** Jobs in all. */
  readonly total: number;
  /** Jobs that threw. */
  readonly failed: number;
}

/** Options of `parallelise`. */
export interface ParalleliseOptions<A extends readonly unknown[] = readonly unknown[]> {
  /** Arguments of the function behind the job id. They are copied to each thread once. */
  readonly args?: A | undefined;
  /** Threads to be used. Default: 80 % of the processors rounded down, at least 1. */
  readonly numThreads?: number | undefined;
  /**
   * `'raise'` (default): the first failure stops everything, and a `BgException` is thrown.
   * `'warn'`: failures are logged as warnings, their results are null.
   */
  readonly bgException?: 'raise' | 'warn' | undefined;
  /**
   * Gets a line at the start, one for each thousandth job, and the warnings. Default: only the
   * warnings are logged, in the log of the pool. With `'warn'` it must not be null.
   */
  readonly logger?: LoggerInput | null | undefined;
  /** Gives the function a logger behind its arguments that writes to the caller's. Default false. */
  readonly passLogger?: boolean | undefined;
  /** Values of the variables that the function uses, by name; its closure is then not read. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined;
  /** Stops everything when aborted; the reason is thrown. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each block of jobs has ended. */
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /** A bar on standard error, if that is a terminal: true, or a title for it. Default false. */
  readonly progressBar?: boolean | string | undefined;
}

/** Options of `paralleliseIter`. */
export interface ParalleliseIterOptions<A extends readonly unknown[] = readonly unknown[]>
  extends ParalleliseOptions<A> {
  /** Results in the order of the job ids (default), or false: as they come. */
  readonly ordered?: boolean | undefined;
  /** How many jobs may be started ahead of the result that was taken last. Default: 1024. */
  readonly lookAhead?: number | undefined;
}

/** Options as they are in force. */
export interface ParalleliseSettings {
  readonly args: readonly unknown[];
  readonly numThreads: number;
  readonly bgException: 'raise' | 'warn';
  readonly logger: Logger;
  /** Whether the caller gave the logger: only then it gets more than warnings. */
  readonly isLogging: boolean;
  readonly passLogger: boolean;
  readonly captures: Readonly<Record<string, unknown>> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: JobProgress) => void) | undefined;
  readonly progressBar: boolean | string;
  readonly ordered: boolean;
  readonly lookAhead: number;
}

const OPTION_NAMES: ReadonlySet<string> = new Set([
  'args',
  'numThreads',
  'bgException',
  'logger',
  'passLogger',
  'captures',
  'signal',
  'onProgress',
  'progressBar',
]);
const ITER_OPTION_NAMES: ReadonlySet<string> = new Set([...OPTION_NAMES, 'ordered', 'lookAhead']);
const MOST_THREADS = 1024;
const DEFAULT_LOOK_AHEAD = 1024;

/**
 * Reads what stands behind the number of jobs: one plain object is the options, everything else is
 * arguments of the function.
 */
export function readParalleliseSettings(
  rest: readonly unknown[],
  isIter = false,
): ParalleliseSettings {
  const names = isIter ? ITER_OPTION_NAMES : OPTION_NAMES;
  const last = rest.at(-1);
  if (!isPlainObject(last)) return readOptions({ args: rest });
  const unknown = Object.keys(last).find((name) => !names.has(name));
  if (rest.length === 1) {
    if (unknown === undefined) return readOptions(last);
    const advice = 'to give the function an object write { args: [object] }';
    throw new InvalidArgumentError('options', unknown, `made of known options; ${advice}`);
  }
  if (unknown === undefined && Object.keys(last).length > 0) {
    const advice = 'write { args: [...], ...options }';
    throw new InvalidArgumentError('options', last, `alone behind numJobs; ${advice}`);
  }
  return readOptions({ args: rest });
}

/** @throws InvalidArgumentError when it is no positive integer. */
export function checkNumJobs(numJobs: number): void {
  if (!Number.isInteger(numJobs) || numJobs < 1 || numJobs > MOST_JOBS) {
    throw new InvalidArgumentError('numJobs', numJobs, `a whole number from 1 to ${MOST_JOBS}`);
  }
}

function readOptions(options: ParalleliseIterOptions): ParalleliseSettings {
  const { args = [], bgException = 'raise', logger, captures, signal, onProgress } = options;
  const { passLogger = false, progressBar = false, ordered = true } = options;
  if (!Array.isArray(args)) throw new InvalidArgumentError('args', args, 'an array');
  if (bgException !== 'raise' && bgException !== 'warn') {
    throw new InvalidArgumentError('bgException', bgException, "'raise' or 'warn'");
  }
  if (logger === null && bgException === 'warn') {
    throw new InvalidArgumentError('logger', logger, "a logger when bgException is 'warn'");
  }
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new InvalidArgumentError('signal', signal, 'an AbortSignal');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InvalidArgumentError('onProgress', onProgress, 'a function');
  }
  const isLogging = logger !== undefined && logger !== null;
  return {
    args,
    numThreads: readCount('numThreads', options.numThreads, defaultThreads(), MOST_THREADS),
    bgException,
    logger: isLogging ? readLogger(logger) : defaultLog,
    isLogging,
    passLogger: readFlag('passLogger', passLogger),
    captures,
    signal,
    onProgress,
    progressBar:
      typeof progressBar === 'string' ? progressBar : readFlag('progressBar', progressBar),
    ordered: readFlag('ordered', ordered),
    lookAhead: readCount('lookAhead', options.lookAhead, DEFAULT_LOOK_AHEAD, MOST_JOBS),
  };
}

/** 80 % of the processors, rounded down, at least one. */
export function defaultThreads(processors: number = availableParallelism()): number {
  return Math.max(1, Math.floor(processors * 0.8));
}

function readCount(
  argument: string,
  value: number | undefined,
  otherwise: number,
  most: number,
): number {
  if (value === undefined) return otherwise;
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new InvalidArgumentError(argument, value, `a whole number from 1 to ${most}`);
}

function readFlag(argument: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidArgumentError(argument, value, 'true or false');
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
