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
  setTimeout: typeof setTimeout;
  clearTimeout: typeof clearTimeout;
  setInterval: typeof setInterval;
  clearInterval: typeof clearInterval;
  setImmediate: typeof setImmediate;
  clearImmediate: typeof clearImmediate;
  promises: PromisesModule;
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
