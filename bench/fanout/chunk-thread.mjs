/** A thread of the peer that chunks by hand. */
import { parentPort } from 'node:worker_threads';
import * as work from './work.mjs';

parentPort.on('message', ({ name, from, to, args }) => {
  const results = [];
  for (let jobId = from; jobId < to; jobId++) results.push(work[name](jobId, ...args));
  parentPort.postMessage(results);
});
