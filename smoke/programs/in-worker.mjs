// All features in a worker; the main thread never loads backbeat. The process has to end by itself.
import { Worker } from 'node:worker_threads';

const source = `
  const { parentPort } = require('node:worker_threads');
  import(${JSON.stringify(new URL('./features.mjs', import.meta.url).href)})
    .then(({ runFeatures }) => runFeatures())
    .then((outcomes) => parentPort.postMessage(outcomes));
`;
const worker = new Worker(source, { eval: true });
worker.on('message', (outcomes) => console.log(JSON.stringify(outcomes)));
