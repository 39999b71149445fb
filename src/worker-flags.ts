/** What a worker is and where it stands: the bits of one number, so that an actor stays small. */

/** The worker was started and not stopped. */
export const RUNNING = 1;
/** A run is under way. */
export const EXECUTING = 2;
/** Paused: running, but without a next run. */
export const PAUSED = 4;
/** First run one interval after the start. */
export const START_WITH_DELAY = 8;
/** Leaves the pool when stopped. */
export const DISPOSE = 16;
/** Runs lie on a fixed grid. */
export const RUN_ON_TIME = 32;
/** Missed slots are run. */
export const RUN_PAST_EVENTS = 64;
/** A failed run is tried again. */
export const IGNORE_EXCEPTION = 128;
/** Does not hold the process. */
export const UNREF = 256;
/** Stopped during a run: finished and disposed when it ends. */
export const FINISH_AFTER_RUN = 512;
/** Armed as a recurring actor of the core. */
export const ON_GRID = 1024;
/** Runs once: an actor. */
export const ONCE = 2048;
/** Runs on native threads. */
export const ON_THREAD = 4096;
