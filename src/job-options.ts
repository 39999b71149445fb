/** Options of `BackgroundWorkerPool.runJob`, and how they are read. */
import type { Transferable } from 'node:worker_threads';
import { type DurationInput, parseDuration } from './duration.ts';
import { InvalidArgumentError } from './errors.ts';

/** Options of `runJob`. */
export interface JobOptions<A extends readonly unknown[] = readonly unknown[]> {
  /** Name, for the log. Default: the name of the function. */
  readonly name?: string | undefined;
  /** Arguments of the function. They are copied. Default: none. */
  readonly args?: A | undefined;
  /** ArrayBuffers and other transferable objects in `args` that are moved instead of copied. */
  readonly transfer?: readonly Transferable[] | undefined;
  /** Values of the variables that the function uses, by name; its closure is then not read. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined;
  /** Stops the job when aborted. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Seconds from now after which the job is stopped, or a duration. Default: never. */
  readonly timeout?: DurationInput | undefined;
  /** Jobs of a higher priority start first: a whole number from -100 to 100. Default: 0. */
  readonly priority?: number | undefined;
}

/** What a job is made from, read and checked. */
export interface JobSettings {
  readonly name: string | undefined;
  readonly args: readonly unknown[];
  readonly transfer: readonly Transferable[];
  readonly captures: Readonly<Record<string, unknown>> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly priority: number;
}

const NOTHING: readonly never[] = [];
const MOST_PRIORITY = 100;

const PLAIN: JobSettings = {
  name: undefined,
  args: NOTHING,
  transfer: NOTHING,
  captures: undefined,
  signal: undefined,
  timeoutMs: undefined,
  priority: 0,
};

/** Reads the second argument of `runJob`: nothing, a name, or options. */
export function readJobSettings(options: string | JobOptions | undefined): JobSettings {
  if (options === undefined) return PLAIN;
  if (typeof options === 'string') return { ...PLAIN, name: options };
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError('options', options, 'a name or an object');
  }
  const { name, args = NOTHING, transfer = NOTHING, captures, signal, timeout } = options;
  const { priority = 0 } = options;
  if (name !== undefined && typeof name !== 'string') {
    throw new InvalidArgumentError('name', name, 'a string');
  }
  if (!Array.isArray(args)) throw new InvalidArgumentError('args', args, 'an array');
  if (!Array.isArray(transfer)) throw new InvalidArgumentError('transfer', transfer, 'an array');
  if (!Number.isInteger(priority) || Math.abs(priority) > MOST_PRIORITY) {
    throw new InvalidArgumentError('priority', priority, 'a whole number from -100 to 100');
  }
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new InvalidArgumentError('signal', signal, 'an AbortSignal');
  }
  signal?.throwIfAborted();
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout, 's', 'timeout');
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
    throw new InvalidArgumentError('timeout', timeout, 'zero or more');
  }
  return { name, args, transfer, captures, signal, timeoutMs, priority };
}
