/** What fan-out and ordered production have to reach. */
import { atMost, noFailures, none, ratio } from '../measure/goals.mjs';

const OWN = ['backbeat', 'backbeat-loop', 'backbeat-ordered', 'backbeat-iter'];

/** Ours as a share of another's. */
function share(what, groupId, metric, against, limit, own) {
  return ratio(what, groupId, metric, limit, { own, against });
}

/** The original was recorded at so many items a second. */
const ORIGINAL_ITEMS_PER_SECOND = 15_000;
const TEN_TIMES_ORIGINAL_NS = Math.round(1e9 / (10 * ORIGINAL_ITEMS_PER_SECOND));

export const goals = [
  share(
    '1,000 jobs of 2 ms, cold: 1.85x the serial loop',
    'cpu/1000',
    'wallMs',
    'serial',
    1 / 1.85,
  ),
  share('as chunks by hand', 'cpu/1000', 'wallMs', 'raw-chunks', 1),
  share('as piscina', 'cpu/1000', 'wallMs', 'piscina', 1),
  share('as workerpool', 'cpu/1000', 'wallMs', 'workerpool', 1),
  share('1 M tiny jobs: 30x piscina', 'tiny/1000000', 'wallNs', 'piscina', 1 / 30),
  share('1 M tiny jobs: as chunks by hand', 'tiny/1000000', 'wallNs', 'raw-chunks', 1),
  atMost('uneven jobs: near the ideal', 'uneven/5000', 'ofIdeal', 1.05, { unit: 'of the ideal' }),
  share('files of a folder: as chunks by hand', 'files/1000', 'wallMs', 'raw-chunks', 1),
  atMost(
    'ordered production: 10x the original',
    'ordered-stream/1000000',
    'wallNs',
    TEN_TIMES_ORIGINAL_NS,
    { unit: 'ns per item', own: 'backbeat-ordered' },
  ),
  share('ordered map: as p-map', 'ordered-map/immediate', 'cpuNs', 'p-map', 1, 'backbeat-loop'),
  atMost(
    '10 M results through paralleliseIter: memory stays',
    'stream-memory/10000000',
    'grownMb',
    5,
    { unit: 'MB grown', own: 'backbeat-iter' },
  ),
  none('wrong or lost results', '*', ['wrong'], OWN),
  noFailures('runs that crashed or ran out of time, per group', OWN),
];
