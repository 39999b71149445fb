/** Retries of a failed run that come at once; the next ones wait, twice as long each time. */
const IMMEDIATE_RETRIES = 3;
const LONGEST_RETRY_NS = 1e9;

/** How long the next attempt waits after `retries` earlier ones, in nanoseconds. */
export function retryDelayNs(retries: number): number {
  const waited = retries - IMMEDIATE_RETRIES;
  return waited < 0 ? 0 : Math.min(1e6 * 2 ** waited, LONGEST_RETRY_NS);
}
