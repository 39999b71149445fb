import * as exported from '../work.mjs';

const work = { ...exported };

const PACKAGE = new URL('../../../dist/index.js', import.meta.url);

/** @param resultOf how the caller waits for a job */
export function openBackbeat(resultOf) {
  let runJob;
  return {
    async open(threads) {
      const { BackgroundWorkerPool } = await import(PACKAGE);
      BackgroundWorkerPool.setThreads({ maxThreads: threads, minThreads: threads });
      runJob = BackgroundWorkerPool.runJob;
    },
    run(kind, value, transfer) {
      const options = transfer === undefined ? { args: [value] } : { args: [value], transfer };
      return resultOf(runJob(work[kind], options));
    },
  };
}
