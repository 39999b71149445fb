/** Under this key the thread's global object tells functions about the job they run in. */
export const LANE_KEY: symbol = Symbol.for('backbeat.lane');

/** What functions that run on a native thread can ask. */
export interface LaneView {
  /** The signal of the job that asks; undefined outside of one. */
  jobSignal(): AbortSignal | undefined;
}
