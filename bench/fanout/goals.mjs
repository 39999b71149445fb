/**
 * What fan-out and ordered production have to reach. A ratio is taken inside each round, between two
 * peers that ran in the same round, and the median of the rounds is what counts.
 */
const OURS = 'backbeat';

function valuesByRound(groups, groupId, peerName, metric) {
  const runs = groups[groupId]?.peers[peerName]?.runs ?? [];
  return new Map(runs.map((run) => [run.round, run[metric]]));
}

/** Ours as a share of the other's, of the same round. */
function share(what, groupId, metric, against, limit, own = OURS) {
  return {
    what,
    reach: `≤ ${Number(limit.toPrecision(3))}x`,
    limit,
    kind: 'ratio',
    values: (groups) => {
      const theirs = valuesByRound(groups, groupId, against, metric);
      return [...valuesByRound(groups, groupId, own, metric)]
        .filter(([round]) => theirs.has(round))
        .map(([round, value]) => value / theirs.get(round));
    },
  };
}

/** A figure of ours as it is. */
function figure(what, reach, groupId, metric, limit, own = OURS) {
  return {
    what,
    reach,
    limit,
    kind: 'figure',
    values: (groups) => [...valuesByRound(groups, groupId, own, metric).values()],
  };
}

/** The original was recorded at so many items a second. */
const ORIGINAL_ITEMS_PER_SECOND = 15_000;
const TEN_TIMES_ORIGINAL_NS = 1e9 / (10 * ORIGINAL_ITEMS_PER_SECOND);
const FAN_OUTS = ['cpu/1000', 'tiny/1000000', 'files/1000'];
const ORDERED = ['ordered-map/delay', 'ordered-map/immediate', 'ordered-stream/1000000'];

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
  figure('uneven jobs: near the ideal', '≤ 1.05x the ideal', 'uneven/5000', 'ofIdeal', 1.05),
  share('files of a folder: as chunks by hand', 'files/1000', 'wallMs', 'raw-chunks', 1),
  figure(
    'ordered production: 10x the original',
    `≤ ${Math.round(TEN_TIMES_ORIGINAL_NS)} ns per item`,
    'ordered-stream/1000000',
    'wallNs',
    TEN_TIMES_ORIGINAL_NS,
    'backbeat-ordered',
  ),
  share('ordered map: as p-map', 'ordered-map/immediate', 'cpuNs', 'p-map', 1, 'backbeat-loop'),
  figure(
    '10 M results through paralleliseIter: memory stays',
    '≤ 5 MB grown',
    'stream-memory/10000000',
    'grownMb',
    5,
    'backbeat-iter',
  ),
  {
    what: 'wrong or lost results',
    reach: 'none',
    limit: 0,
    kind: 'count',
    everyRound: true,
    values: (groups) =>
      [...FAN_OUTS, ...ORDERED, 'stream-memory/10000000'].flatMap((groupId) =>
        [OURS, 'backbeat-loop', 'backbeat-ordered', 'backbeat-iter'].flatMap((name) =>
          (groups[groupId]?.peers[name]?.runs ?? []).map(({ wrong }) => wrong),
        ),
      ),
  },
];
