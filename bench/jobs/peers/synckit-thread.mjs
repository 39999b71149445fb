import { runAsWorker } from 'synckit';
import * as exported from '../work.mjs';

const work = { ...exported };

runAsWorker((kind, value) => work[kind](value));
