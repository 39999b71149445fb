/** A thread of the peer that chunks by hand. */
import { parentPort } from 'node:worker_threads';
import { functions } from './work.mjs';

parentPort.on('message', ({ name, from, to, args }) => {
  const func = functions[name];
  const results = [];
  for (let jobId = from; jobId < to; jobId++) results.push(func(jobId, ...args));
  parentPort.postMessage(results);
});
