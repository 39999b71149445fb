/** The suite `timers`: its cases in the order they run, and the names the tables use. */
import * as actor from './cases/actor.mjs';
import * as actorsAtScale from './cases/actors-at-scale.mjs';
import * as churn from './cases/churn.mjs';
import * as idle from './cases/idle.mjs';
import * as memory from './cases/memory.mjs';
import * as oneshot from './cases/oneshot.mjs';
import * as rearm from './cases/rearm.mjs';
import * as recurring from './cases/recurring.mjs';

export { goals } from './goals.mjs';

export const name = 'timers';

export const cases = {
  oneshot,
  memory,
  churn,
  rearm,
  recurring,
  idle,
  actor,
  'actors-at-scale': actorsAtScale,
};

/** What every table compares with. */
export const basePeer = 'node-timers';

/** Tried less often, and dropped at the first size they cannot do. */
export const libraries = new Set(['toad-scheduler', 'node-schedule', 'croner', 'node-cron']);

const LABELS = { 'node-timers': 'setTimeout' };
const RECURRING_LABELS = { 'node-timers': 'setInterval' };

export function labelOf(peerName, caseName) {
  const labels = caseName === 'recurring' ? RECURRING_LABELS : LABELS;
  return labels[peerName] ?? peerName;
}
