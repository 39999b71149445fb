/** A plain loop on the main thread. */
import { functions } from '../work.mjs';

export function createPeer() {
  return {
    fanOut(name, numJobs, args) {
      const func = functions[name];
      const results = [];
      for (let jobId = 0; jobId < numJobs; jobId++) results.push(func(jobId, ...args));
      return results;
    },
  };
}
