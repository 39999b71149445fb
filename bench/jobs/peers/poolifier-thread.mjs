import { ThreadWorker } from 'poolifier';
import { clock, compute, echo, increment, touch } from '../work.mjs';

export default new ThreadWorker({ increment, echo, compute, touch, clock });
