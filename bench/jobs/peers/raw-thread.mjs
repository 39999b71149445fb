import { parentPort } from 'node:worker_threads';
import * as exported from '../work.mjs';

const work = { ...exported };

parentPort.on('message', ([id, kind, value]) => parentPort.postMessage([id, work[kind](value)]));
