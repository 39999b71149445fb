/** The suite `dropin`: the same programs with Node's timers and after `backbeat/register`. */
import { atMost, noFailures, none, ratio } from '../measure/goals.mjs';
import * as churn from './cases/churn.mjs';
import * as keepAlive from './cases/keep-alive.mjs';
import * as loopDelay from './cases/loop-delay.mjs';
import * as oneshot from './cases/oneshot.mjs';
import * as rearm from './cases/rearm.mjs';
import * as startUp from './cases/start-up.mjs';

export const name = 'dropin';

export const cases = {
  oneshot,
  churn,
  rearm,
  'keep-alive': keepAlive,
  'loop-delay': loopDelay,
  'start-up': startUp,
};

/** What every table compares with. */
export const basePeer = 'node-timers';

export const libraries = new Set();

const LABELS = { 'node-timers': 'Node', backbeat: 'registered' };

export function labelOf(peerName) {
  return LABELS[peerName];
}

const NODE = { against: basePeer };
const MS = { unit: 'ms' };

export const goals = [
  ratio('insert + fire, CPU per timer, 1 M', 'oneshot/1000000', 'totalCpuNs', 0.65, NODE),
  ratio('insert + clear: pair', 'churn/pair', 'cpuNs', 0.5, NODE),
  ratio('insert + clear: rolling over 10 k live', 'churn/rolling', 'cpuNs', 0.5, NODE),
  ratio('refresh(), 10 k live', 'rearm/10k', 'cpuNs', 1, NODE),
  ratio('refresh(), beside 1 M live', 'rearm/beside-1M', 'cpuNs', 1, NODE),
  ratio('keep-alive, the pattern alone', 'keep-alive/pattern', 'cpuNs', 1, NODE),
  ratio('keep-alive, HTTP requests', 'keep-alive/http', 'cpuNs', 1, NODE),
  atMost('import of backbeat/register, --import, CPU', 'start-up/import', 'addedCpuMs', 15, MS),
  atMost('import of backbeat/register, -r, CPU', 'start-up/r', 'addedCpuMs', 15, MS),
  atMost('import of backbeat, CPU', 'start-up/index', 'addedCpuMs', 12, MS),
  atMost('import of backbeat/scheduler, CPU', 'start-up/scheduler', 'addedCpuMs', 12, MS),
  none('lost, doubled or early, all cases', '*', ['lost', 'doubled', 'early']),
  noFailures('runs that crashed or ran out of time, per group'),
];
