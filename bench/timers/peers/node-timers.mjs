/** Node's own setTimeout and setInterval: what every ratio is measured against. */
export function createPeer() {
  return {
    numericHandles: false,
    insert: (delayMs, callback, arg) => setTimeout(callback, delayMs, arg),
    every: (intervalMs, callback, arg) => setInterval(callback, intervalMs, arg),
    cancel: (timeout) => clearTimeout(timeout),
    rearm: (timeout) => timeout.refresh(),
    actor: (callback, _name, data, delayMs) => setTimeout(callback, delayMs, data),
  };
}
