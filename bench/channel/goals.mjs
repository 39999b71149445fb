/** What channels have to reach. */
import { difference, noFailures, none, ratio } from '../measure/goals.mjs';

const PORTS = ['port-credit', 'port-iterator', 'readable', 'port-blocking'];
const LOOPS = ['backbeat', 'backbeat-many'];
const BLOCKING = ['backbeat-blocking'];
const GENERATOR = ['backbeat-generator'];
const ALL = [...LOOPS, ...BLOCKING];
const OWN = [...ALL, ...GENERATOR];
const CREDIT = ['port-credit'];
const RINGS = ['ringbuf'];

/** Ours, the best of `own`, against the best of `against`. */
function share(what, groupId, own, against, limit, metric = 'wallNs') {
  return ratio(what, groupId, metric, limit, { own, against, unit: ' the time' });
}

export const goals = [
  share('numbers, bound 16, loop: 5x a port with credit', 'stream/number-16', LOOPS, CREDIT, 1 / 5),
  share('numbers, bound 16: 1.5x the best ring', 'stream/number-16', ALL, RINGS, 1 / 1.5),
  share('numbers, bound 256, loop: 10x credit', 'stream/number-256', LOOPS, CREDIT, 1 / 10),
  share('numbers, bound 256: 1.2x the best ring', 'stream/number-256', ALL, RINGS, 1 / 1.2),
  share('numbers, bound 1024, loop: 10x credit', 'stream/number-1024', LOOPS, CREDIT, 1 / 10),
  share('numbers, bound 1024: 1.2x the best ring', 'stream/number-1024', ALL, RINGS, 1 / 1.2),
  share('64-byte buffers, bound 256: 5x the ports', 'stream/buffer-256', ALL, PORTS, 1 / 5),
  share('64-byte buffers, bound 256: 5x the best ring', 'stream/buffer-256', ALL, RINGS, 1 / 5),
  share('1 KB objects, bound 256: 1.5x', 'stream/object-256', ALL, PORTS, 1 / 1.5),
  share('1 MB buffers: as a transfer list', 'stream/large-16', ALL, CREDIT, 1),
  share(
    'blocking receive of numbers, bound 16: 4x',
    'stream/number-16',
    BLOCKING,
    ['port-blocking'],
    1 / 4,
  ),
  share('1 ms on both sides: 1.9x serial', 'overlap/compute', ALL, ['serial'], 1 / 1.9, 'wallMs'),
  share('the same, a generator', 'overlap/compute', GENERATOR, ['serial'], 1 / 1.9, 'wallMs'),
  share(
    'files read and decoded ahead: faster than one loop',
    'loader/tables',
    ['loader-ahead'],
    ['loader-serial'],
    1,
    'wallMs',
  ),
  share('CPU of an idle open channel: that of none', 'idle/idle', LOOPS, ['nothing'], 1.1, 'cpuMs'),
  difference('wake-ups of an idle open channel beyond those of none', 'idle/idle', 'wakeUps', 0, {
    against: 'nothing',
    unit: 'wake-ups',
  }),
  share(
    'walk of 100 k files: faster than the fastest',
    'walk/100000',
    ['backbeat-walk', 'backbeat-walk-many'],
    ['readdir', 'opendir', 'fdir'],
    1,
    'wallMs',
  ),
  none('lost, doubled or reordered items', '*', ['wrong'], OWN),
  noFailures('runs that crashed or ran out of time, per group', OWN),
];
