/** What jobs have to reach. */
import { atMost, noFailures, none, ratio } from '../measure/goals.mjs';

/** Ours as a share of theirs. */
function share(what, groupId, metric, against, limit) {
  return ratio(what, groupId, metric, limit, { against });
}

const OWN = ['backbeat', 'backbeat-timed'];
const TINY = ['tiny/256-at-a-time', 'tiny/all-at-once'];

const tinyGoals = TINY.flatMap((id) => [
  share(`${id}: 15x piscina`, id, 'wallNs', 'piscina', 1 / 15),
  share(`${id}: 8x poolifier`, id, 'wallNs', 'poolifier', 1 / 8),
  share(`${id}: 2x worker_threads`, id, 'wallNs', 'raw', 1 / 2),
  share(`${id}: CPU against piscina`, id, 'cpuNs', 'piscina', 1 / 15),
  share(`${id}: CPU against worker_threads`, id, 'cpuNs', 'raw', 1 / 2),
]);

export const goals = [
  ...tinyGoals,
  share('1 KB objects: 4x piscina', 'object/1KB', 'wallNs', 'piscina', 1 / 4),
  share('1 KB objects: 1.2x worker_threads', 'object/1KB', 'wallNs', 'raw', 1 / 1.2),
  atMost('20 ms jobs: loss against the ideal', 'compute/20ms', 'ofIdeal', 0.02, {
    unit: 'of it',
    of: (part) => 1 - part,
  }),
  share('8 MB moved: no slower than worker_threads', 'large/moved', 'wallMs', 'raw', 1),
  share('first result: worker_threads and 10 %', 'start/first', 'wallMs', 'raw', 1.1),
  atMost('main loop blocked: lateness p99', 'blocked/5s', 'p99Ms', 3, {
    unit: 'ms',
    own: 'backbeat-timed',
  }),
  atMost('main loop blocked: runs missing', 'blocked/5s', 'missing', 0, {
    unit: 'runs',
    own: 'backbeat-timed',
  }),
  atMost('one job at a time', 'round-trip/awaited', 'p50Us', 10, { unit: 'µs' }),
  share('one job at a time: half of piscina', 'round-trip/awaited', 'p50Us', 'piscina', 1 / 2),
  none('wrong or lost results, all cases', '*', ['wrong'], OWN),
  noFailures('runs that crashed or ran out of time, per group', OWN),
];
