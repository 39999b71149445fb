/** Options of `BackgroundWorkerPool.runJob`, and how they are checked. */
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
  /**
   * How often the job is submitted again when its thread is lost: the thread ran out of memory, crashed, or
   * the job ended it. Its arguments are copied anew, as they are then. Not together with `transfer`, whose
   * objects are gone after the first time. Default: 0, the job fails with ThreadLostError.
   */
  readonly retries?: number | undefined;
}

const MOST_PRIORITY = 100;

/**
 * Checks the second argument of `runJob`: nothing, a name, or options.
 *
 * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` for an option that is none, and the
 * reason of the signal when it is aborted already.
 */
export function readJobOptions(options: string | JobOptions | undefined): JobOptions | undefined {
  if (options === undefined) return undefined;
  if (typeof options === 'string') return { name: options };
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError('options', options, 'a name or an object');
  }
  const { name, args, transfer, signal, timeout, priority, retries } = options;
  if (name !== undefined && typeof name !== 'string') {
    throw new InvalidArgumentError('name', name, 'a string');
  }
  if (args !== undefined && !Array.isArray(args)) {
    throw new InvalidArgumentError('args', args, 'an array');
  }
  if (transfer !== undefined && !Array.isArray(transfer)) {
    throw new InvalidArgumentError('transfer', transfer, 'an array');
  }
  if (priority !== undefined && !isPriority(priority)) {
    throw new InvalidArgumentError('priority', priority, 'a whole number from -100 to 100');
  }
  if (retries !== undefined) checkRetries(retries, transfer);
  if (timeout !== undefined && !(parseDuration(timeout, 's', 'timeout') >= 0)) {
    throw new InvalidArgumentError('timeout', timeout, 'zero or more');
  }
  if (signal !== undefined) checkSignal(signal);
  return options;
}

function isPriority(priority: number): boolean {
  return Number.isInteger(priority) && Math.abs(priority) <= MOST_PRIORITY;
}

function checkRetries(retries: number, transfer: readonly Transferable[] | undefined): void {
  if (!Number.isInteger(retries) || retries < 0) {
    throw new InvalidArgumentError('retries', retries, 'a whole number, 0 or more');
  }
  if (retries > 0 && transfer !== undefined && transfer.length > 0) {
    throw new InvalidArgumentError('retries', retries, '0 with transfer: what was moved is gone');
  }
}

function checkSignal(signal: AbortSignal): void {
  // Not `instanceof`: a signal may come from another context, as in some test runners.
  if (typeof signal?.throwIfAborted !== 'function') {
    throw new InvalidArgumentError('signal', signal, 'an AbortSignal');
  }
  signal.throwIfAborted();
}
