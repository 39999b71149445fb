/** Settings of the native threads of this process, see `BackgroundWorkerPool.setThreads`. */
import type { ResourceLimits } from 'node:worker_threads';
import { type DurationInput, parseDuration } from '../duration.ts';
import { InvalidArgumentError } from '../errors.ts';
import { countProcessors } from '../processors.ts';

/** Options of `BackgroundWorkerPool.setThreads`. What is not given stays as it is. */
export interface ThreadOptions {
  /** Most threads that run jobs. Default: the number of processors. */
  readonly maxThreads?: number | undefined;
  /** Threads that are kept when idle. Default: 0. */
  readonly minThreads?: number | undefined;
  /** A thread that was idle for so long ends. Seconds, or a duration. Default: 10 s. */
  readonly idleTimeout?: DurationInput | undefined;
  /**
   * URL or absolute path of a module that each new thread imports first. When it exports a function
   * `setup`, that is awaited before the first job; `teardown`, before the thread ends by itself. null
   * takes it away again.
   */
  readonly initializer?: string | URL | null | undefined;
  /** Limits of a new thread, as for `worker_threads`. Default: those of Node. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** A thread ends after so many jobs, and is replaced when needed. Default: 0, no limit. */
  readonly tasksPerThread?: number | undefined;
  /** A thread ends when its heap has grown to so many bytes after a job. Default: 0, no limit. */
  readonly heapLimitBytes?: number | undefined;
  /** How long a stopped job may go on before its thread is ended. Default: 1 s. */
  readonly grace?: DurationInput | undefined;
}

/** The settings as they are in force. */
export class ThreadSettings {
  #maxThreads: number | undefined;
  minThreads = 0;
  idleTimeoutMs = 10_000;
  initializer: string | undefined = undefined;
  resourceLimits: ResourceLimits = {};
  tasksPerThread = 0;
  heapLimitBytes = 0;
  graceMs = 1000;

  get maxThreads(): number {
    this.#maxThreads ??= countProcessors();
    return this.#maxThreads;
  }

  set maxThreads(count: number) {
    this.#maxThreads = count;
  }

  /** Takes over what is given, all of it or nothing. */
  change(options: ThreadOptions): void {
    if (typeof options !== 'object' || options === null) {
      throw new InvalidArgumentError('options', options, 'an object');
    }
    const next = {
      maxThreads: readCount('maxThreads', options.maxThreads, this.maxThreads, 1),
      minThreads: readCount('minThreads', options.minThreads, this.minThreads, 0),
      idleTimeoutMs: readDurationMs('idleTimeout', options.idleTimeout, this.idleTimeoutMs),
      initializer: readInitializer(options.initializer, this.initializer),
      resourceLimits: options.resourceLimits ?? this.resourceLimits,
      tasksPerThread: readCount('tasksPerThread', options.tasksPerThread, this.tasksPerThread, 0),
      heapLimitBytes: readCount('heapLimitBytes', options.heapLimitBytes, this.heapLimitBytes, 0),
      graceMs: readDurationMs('grace', options.grace, this.graceMs),
    };
    if (next.minThreads > next.maxThreads) {
      throw new InvalidArgumentError('minThreads', next.minThreads, 'at most maxThreads');
    }
    Object.assign(this, next);
  }
}

function readCount(
  argument: string,
  value: number | undefined,
  current: number,
  least: number,
): number {
  if (value === undefined) return current;
  if (Number.isInteger(value) && value >= least) return value;
  throw new InvalidArgumentError(argument, value, `a whole number of at least ${least}`);
}

function readDurationMs(
  argument: string,
  value: DurationInput | undefined,
  currentMs: number,
): number {
  if (value === undefined) return currentMs;
  const durationMs = parseDuration(value, 's', argument);
  if (durationMs >= 0) return durationMs;
  throw new InvalidArgumentError(argument, value, 'zero or more');
}

function readInitializer(
  value: string | URL | null | undefined,
  current: string | undefined,
): string | undefined {
  if (value === undefined) return current;
  if (value === null) return undefined;
  const url = String(value);
  if (value instanceof URL ? value.protocol === 'file:' : /^(file:|\/|[A-Za-z]:\\)/.test(url)) {
    return url;
  }
  throw new InvalidArgumentError('initializer', value, 'a file: URL or an absolute path');
}

/** The settings of this isolate. */
export const threadSettings: ThreadSettings = new ThreadSettings();
