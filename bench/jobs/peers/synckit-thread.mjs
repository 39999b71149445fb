import { runAsWorker } from 'synckit';
import * as work from '../work.mjs';

runAsWorker((kind, value) => work[kind](value));
