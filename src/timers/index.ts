/// <reference types="node" preserve="true" />
/**
 * `backbeat/timers`: Node's `timers` on the native scheduler. The names, the objects and the order
 * of things are Node's; a timer is never early, and a million of them cost a fraction.
 *
 * @example
 * ```ts
 * import { setTimeout } from 'backbeat/timers';
 * const timeout = setTimeout((name) => console.log('hello', name), 10, 'you');
 * timeout.unref().ref().refresh();
 * ```
 */
import { nodeTimers } from './node-timers.ts';
import promises, { type PromisesModule } from './promises.ts';
import { clearInterval, clearTimeout, exact, setInterval, setTimeout } from './set-and-clear.ts';

export {
  type Clearable,
  clearInterval,
  clearTimeout,
  exact,
  setInterval,
  setTimeout,
} from './set-and-clear.ts';

/** Node's own: a native queue cannot do better than the loop's own. */
export const setImmediate: typeof nodeTimers.setImmediate = nodeTimers.setImmediate;
/** Node's own. */
export const clearImmediate: typeof nodeTimers.clearImmediate = nodeTimers.clearImmediate;

export { promises };

/** What `require('backbeat/timers')` and the default import give. */
export interface TimersModule {
  /** Calls once, after milliseconds. */
  setTimeout: typeof setTimeout;
  /** Clears a timer of either kind. */
  clearTimeout: typeof clearTimeout;
  /** Calls again and again, every so many milliseconds. */
  setInterval: typeof setInterval;
  /** The same as `clearTimeout`. */
  clearInterval: typeof clearInterval;
  /** Node's own: calls in the next turn of the loop. */
  setImmediate: typeof setImmediate;
  /** Node's own. */
  clearImmediate: typeof clearImmediate;
  /** `backbeat/timers/promises`. */
  promises: PromisesModule;
  /** `setTimeout` and `setInterval` without the limits of Node's delays. */
  exact: typeof exact;
}

// Node 20 and 22 have deprecated functions besides, which stay Node's.
const timers: TimersModule = {
  ...nodeTimers,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  promises,
  exact,
};

// biome-ignore lint/style/noDefaultExport: `node:timers` has a default export
export default timers;
export { timers as 'module.exports' };
