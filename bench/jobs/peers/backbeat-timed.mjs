/** backbeat: a worker with `thread: true`, which the timer thread starts without the main loop. */
import { openBackbeat } from './backbeat-pool.mjs';

const PACKAGE = new URL('../../../dist/index.js', import.meta.url);
const MOST_RUNS = 10_000;

export function createPeer() {
  return {
    ...openBackbeat((job) => job.result),
    async every(intervalMs) {
      const { BackgroundWorkerPool } = await import(PACKAGE);
      const startsMs = new Float64Array(new SharedArrayBuffer(8 * MOST_RUNS));
      const note = (data) => {
        const count = data.indexOf(0);
        data[count] = performance.timeOrigin + performance.now();
      };
      const options = { thread: true, data: startsMs, runOnTime: true };
      const worker = BackgroundWorkerPool.newWorker(intervalMs / 1000, note, options).start();
      return {
        stop() {
          worker.stop();
          return [...startsMs.subarray(0, startsMs.indexOf(0))];
        },
      };
    },
  };
}
