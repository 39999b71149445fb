/** The timing wheel in plain JavaScript (see ../wheel/timing-wheel.mjs). */
import { TimingWheel } from '../wheel/timing-wheel.mjs';

export function createPeer() {
  const wheel = new TimingWheel();
  return {
    numericHandles: true,
    insert: (delayMs, callback, arg) => wheel.insert(delayMs, callback, arg),
    every: (intervalMs, callback, arg) => wheel.every(intervalMs, callback, arg),
    cancel: (handle) => wheel.cancel(handle),
    rearm: (handle, delayMs) => wheel.refresh(handle, delayMs),
  };
}
