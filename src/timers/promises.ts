/// <reference types="node" preserve="true" />
/**
 * `backbeat/timers/promises`: Node's `timers/promises` on the native scheduler.
 *
 * Bad arguments and signals that are aborted already go to Node's own function, which rejects as
 * the Node that runs does.
 *
 * @example
 * ```ts
 * import { setInterval, setTimeout } from 'backbeat/timers/promises';
 * console.log(await setTimeout(5, 'later'));
 * let rounds = 0;
 * for await (const _ of setInterval(1)) if (++rounds === 3) break;
 * ```
 */
import { addAbortListener } from 'node:events';
import { nodeDelayMs } from './delay.ts';
import { nodePromises } from './node-timers.ts';
import { armFromNow, clear, ONE_ARG, REFED, Timeout, type TimeoutCallback } from './timeout.ts';

/** Options of every function here. */
export interface TimerOptions {
  /** False lets the process end while this is pending. Default true. */
  readonly ref?: boolean | undefined;
  /** Cancels; the promise is rejected with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits.
 *
 * @param delay - Milliseconds, as in `setTimeout` of `backbeat/timers`.
 * @param value - What the promise is resolved with.
 * @param options - See {@link TimerOptions}.
 * @returns A promise; rejected with an `AbortError`, code `ABORT_ERR`, when the signal aborts.
 */
export function setTimeout<T = void>(
  delay?: number,
  value?: T,
  options: TimerOptions = {},
): Promise<T> {
  if (!isPlain(delay, options)) return nodePromises.setTimeout(delay, value, options) as Promise<T>;
  const { signal, ref } = options;
  let listener: Disposable | undefined;
  const wait = new Promise<T>((resolve, reject) => {
    const timeout = makeTimeout(resolve, delay, value, false, ref);
    armFromNow(timeout);
    if (signal === undefined) return;
    listener = addAbortListener(signal, () => {
      clear(timeout);
      reject(new AbortError(signal.reason));
    });
  });
  return listener === undefined ? wait : wait.finally(() => listener?.[Symbol.dispose]());
}

/** Node's own: waits for the next turn of the loop. */
export const setImmediate: <T = void>(value?: T, options?: TimerOptions) => Promise<T> =
  nodePromises.setImmediate;

/**
 * Yields `value` every `delay` milliseconds. Runs that fall due while the consumer is busy are
 * yielded one after the other.
 *
 * @param delay - Milliseconds, as in `setInterval` of `backbeat/timers`.
 * @param value - What is yielded.
 * @param options - See {@link TimerOptions}.
 * @throws AbortError `ABORT_ERR`, out of the loop, when the signal aborts.
 */
export async function* setInterval<T = void>(
  delay?: number,
  value?: T,
  options: TimerOptions = {},
): AsyncGenerator<T, void> {
  if (!isPlain(delay, options)) {
    yield* nodePromises.setInterval(delay, value as T, options);
    return;
  }
  const { signal, ref } = options;
  let due = 0;
  let resolveWait: (() => void) | undefined;
  const endWait = () => {
    resolveWait?.();
    // Once only: `multipleResolves` would tell of a second time.
    resolveWait = undefined;
  };
  const tick = () => {
    due++;
    endWait();
  };
  const interval = makeTimeout(tick, delay, undefined, true, ref);
  armFromNow(interval);
  const cancel = () => {
    // A consumer slower than the interval would never come to the end of what is due.
    clear(interval);
    endWait();
  };
  const listener = signal && addAbortListener(signal, cancel);
  try {
    while (signal?.aborted !== true) {
      if (due === 0) {
        await new Promise<void>((resolve) => {
          resolveWait = resolve;
        });
      }
      for (; due > 0; due--) yield value as T;
    }
    throw new AbortError(signal.reason);
  } finally {
    clear(interval);
    listener?.[Symbol.dispose]();
  }
}

/** The class of {@link scheduler}. Only Node's own error comes out of its constructor. */
class Scheduler {
  constructor() {
    Reflect.construct(nodePromises.scheduler.constructor, []);
  }

  /** The same as {@link setImmediate} without a value. */
  yield(): Promise<void> {
    if (this !== scheduler) return nodePromises.scheduler.yield.call(this as never);
    return setImmediate();
  }

  /** The same as {@link setTimeout} without a value. */
  wait(delay: number, options?: TimerOptions): Promise<void> {
    if (this !== scheduler) return nodePromises.scheduler.wait.call(this as never, delay);
    return setTimeout(delay, undefined, options);
  }
}

// A type only: Node's module has no such class either.
export type { Scheduler };

/** Waiting and yielding, by the names of the web's Scheduling API. */
export const scheduler: Scheduler = Object.create(Scheduler.prototype) as Scheduler;

/** The error of an aborted wait, as Node makes it. */
class AbortError extends Error {
  readonly code = 'ABORT_ERR';

  constructor(reason: unknown) {
    super('The operation was aborted', { cause: reason });
    this.name = 'AbortError';
  }
}

/** What `require('backbeat/timers/promises')` and the default import give. */
export interface PromisesModule {
  /** Resolves after milliseconds. */
  setTimeout: typeof setTimeout;
  /** Node's own: resolves in the next turn of the loop. */
  setImmediate: typeof setImmediate;
  /** Yields every so many milliseconds. */
  setInterval: typeof setInterval;
  /** Waiting and yielding, by the names of the web's Scheduling API. */
  scheduler: Scheduler;
}

const promises: PromisesModule = { setTimeout, setImmediate, setInterval, scheduler };

// biome-ignore lint/style/noDefaultExport: `node:timers/promises` has a default export
export default promises;
export { promises as 'module.exports' };

/** True for what needs none of Node's errors. */
function isPlain(delay: unknown, options: unknown): options is TimerOptions {
  if (delay !== undefined && typeof delay !== 'number') return false;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return false;
  const { ref, signal } = options as { ref?: unknown; signal?: unknown };
  if (ref !== undefined && typeof ref !== 'boolean') return false;
  if (signal === undefined) return true;
  return typeof signal === 'object' && signal !== null && 'aborted' in signal && !signal.aborted;
}

function makeTimeout(
  callback: (value: never) => void,
  delay: number | undefined,
  value: unknown,
  isRepeat: boolean,
  ref = true,
): Timeout {
  const delayMs = nodeDelayMs(delay);
  const flags = ref ? REFED | ONE_ARG : ONE_ARG;
  return new Timeout(callback as TimeoutCallback, delayMs, value, isRepeat, flags);
}
