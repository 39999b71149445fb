/**
 * What the host has when the package is loaded. Parts of it are loaded later, when they are needed:
 * by then fake timers, or something else that a program has put in their place, must not stop us.
 */
export const hostProcess: typeof process = process;
export const setTimeoutAtLoad: typeof setTimeout = setTimeout;
export const clearTimeoutAtLoad: typeof clearTimeout = clearTimeout;
export const setImmediateAtLoad: typeof setImmediate = setImmediate;
/** Milliseconds since 1970. */
export const readWallClock: () => number = Date.now;
