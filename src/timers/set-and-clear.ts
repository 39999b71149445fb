/** The functions of `node:timers` that arm and clear. */
import { promisify } from 'node:util';
import { exactDelayMs, exactIntervalMs, nodeDelayMs } from './delay.ts';
import { nodeTimers } from './node-timers.ts';
import { setTimeout as promisedTimeout } from './promises.ts';
import {
  armFromNow,
  clear,
  EXACT,
  ONE_ARG,
  REFED,
  Timeout,
  type TimeoutCallback,
  timeoutOfNumber,
} from './timeout.ts';

/** What the clear functions take. */
export type Clearable = NodeJS.Timeout | string | number | undefined | null;

/**
 * Node's `setTimeout` on the native scheduler: calls `callback` once, with `args`.
 *
 * @param delay - Milliseconds, 1 to 2^31 - 1, fractions cut off; anything else counts as 1, with
 * Node's warnings. Default 1. {@link exact} has no such limits.
 * @returns A Timeout with all that Node's has.
 * @throws TypeError `ERR_INVALID_ARG_TYPE` when `callback` is no function.
 */
export function setTimeout<Args extends unknown[]>(
  callback: (...args: Args) => void,
  delay?: number,
  ...args: Args
): NodeJS.Timeout;
export function setTimeout(callback: unknown, delay?: unknown, arg?: unknown): NodeJS.Timeout {
  checkCallback(callback, nodeTimers.setTimeout);
  const delayMs = nodeDelayMs(delay);
  // An array of the arguments costs as much as the rest of the call; most timers have one or none.
  // biome-ignore lint/complexity/noArguments: see above
  const count = arguments.length;
  if (count < 3) return start(callback, delayMs, undefined, false, REFED);
  if (count === 3) return start(callback, delayMs, arg, false, REFED | ONE_ARG);
  const args: unknown[] = [];
  // biome-ignore lint/complexity/noArguments: see above
  for (let at = 2; at < count; at++) args.push(arguments[at]);
  return start(callback, delayMs, args, false, REFED);
}

/**
 * Node's `setInterval` on the native scheduler. As with Node's, the next run counts from the start
 * of the callback.
 *
 * @param delay - Milliseconds, as in {@link setTimeout}.
 * @returns A Timeout with all that Node's has.
 * @throws TypeError `ERR_INVALID_ARG_TYPE` when `callback` is no function.
 */
export function setInterval<Args extends unknown[]>(
  callback: (...args: Args) => void,
  delay?: number,
  ...args: Args
): NodeJS.Timeout {
  checkCallback(callback, nodeTimers.setInterval);
  return startWith(args, callback, nodeDelayMs(delay), true, REFED);
}

/**
 * Clears a timer of `setTimeout` or `setInterval`, given as the object, its number or that number
 * as a string. Anything else, and a timer that is over, does nothing.
 */
export function clearTimeout(timeout?: Clearable): void {
  if (timeout instanceof Timeout) {
    if (timeout._onTimeout) clear(timeout);
  } else clearOther(timeout);
}

/** The same as {@link clearTimeout}. */
export function clearInterval(interval?: Clearable): void {
  clearTimeout(interval);
}

// A bundler may have given them other names; programs look at them.
for (const [name, value] of Object.entries({
  setTimeout,
  setInterval,
  clearTimeout,
  clearInterval,
})) {
  Object.defineProperty(value, 'name', { value: name });
}

/**
 * `setTimeout` and `setInterval` without the limits of Node's: a delay counts as it is, with
 * fractions of a millisecond and beyond 2^31 - 1. Zero is the next turn of the loop.
 *
 * @example
 * ```ts
 * import { clearTimeout, exact } from 'backbeat/timers';
 * const inSixtyDays = exact.setTimeout(() => console.log('due'), 60 * 24 * 3600 * 1000);
 * exact.setTimeout(() => clearTimeout(inSixtyDays), 0.25);
 * ```
 */
export const exact: {
  /** Calls once; `delay` in milliseconds, zero, less and no number count as 0. */
  setTimeout: typeof setTimeout;
  /** Calls again and again; `delay` in milliseconds, zero, less and no number count as 1. */
  setInterval: typeof setInterval;
} = {
  setTimeout(callback, delay, ...args) {
    checkCallback(callback, nodeTimers.setTimeout);
    return startWith(args, callback, exactDelayMs(delay), false, REFED | EXACT);
  },
  setInterval(callback, delay, ...args) {
    checkCallback(callback, nodeTimers.setInterval);
    return startWith(args, callback, exactIntervalMs(delay), true, REFED | EXACT);
  },
};

Object.defineProperty(setTimeout, promisify.custom, {
  enumerable: true,
  get: () => promisedTimeout,
});

function startWith(
  args: unknown[],
  callback: unknown,
  delayMs: number,
  isRepeat: boolean,
  flags: number,
): NodeJS.Timeout {
  if (args.length === 1) return start(callback, delayMs, args[0], isRepeat, flags | ONE_ARG);
  return start(callback, delayMs, args.length === 0 ? undefined : args, isRepeat, flags);
}

function start(
  callback: unknown,
  delayMs: number,
  args: unknown,
  isRepeat: boolean,
  flags: number,
): NodeJS.Timeout {
  const timeout = new Timeout(callback as TimeoutCallback, delayMs, args, isRepeat, flags);
  armFromNow(timeout);
  return timeout as unknown as NodeJS.Timeout;
}

/** Node throws its own error for what is no function. */
function checkCallback(callback: unknown, nodeFunction: (callback: never) => unknown): void {
  if (typeof callback !== 'function') nodeFunction(callback as never);
}

function clearOther(timeout: Clearable): void {
  if (typeof timeout === 'number' || typeof timeout === 'string') {
    const number = Number(timeout);
    const found = String(number) === String(timeout) ? timeoutOfNumber(number) : undefined;
    if (found !== undefined) {
      clear(found);
      return;
    }
  }
  nodeTimers.clearTimeout(timeout as NodeJS.Timeout);
}
