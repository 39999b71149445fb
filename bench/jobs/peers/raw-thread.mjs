import { parentPort } from 'node:worker_threads';
import * as work from '../work.mjs';

parentPort.on('message', ([id, kind, value]) => parentPort.postMessage([id, work[kind](value)]));
