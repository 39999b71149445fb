/** A plain loop on the main thread. */
import * as work from '../work.mjs';

export function createPeer() {
  return {
    fanOut(name, numJobs, args) {
      const results = [];
      for (let jobId = 0; jobId < numJobs; jobId++) results.push(work[name](jobId, ...args));
      return results;
    },
  };
}
