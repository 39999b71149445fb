/**
 * What jobs have to reach. A ratio is taken inside each round, between two peers that ran in the
 * same round, and the median of the rounds is what counts.
 */
const OURS = 'backbeat';

function byRound(groups, groupId, peerName, metric) {
  const runs = groups[groupId]?.peers[peerName]?.runs ?? [];
  return new Map(runs.map((run) => [run.round, run[metric]]));
}

/** Ours as a share of theirs. */
function share(what, groupId, metric, against, limit, ours = OURS) {
  return {
    what,
    reach: `≤ ${Number(limit.toPrecision(3))}x`,
    limit,
    kind: 'ratio',
    values: (groups) => {
      const theirs = byRound(groups, groupId, against, metric);
      return [...byRound(groups, groupId, ours, metric)]
        .filter(([round]) => theirs.has(round))
        .map(([round, value]) => value / theirs.get(round));
    },
  };
}

function atMost(what, groupId, metric, limit, unit, ours = OURS) {
  return {
    what,
    reach: `≤ ${limit} ${unit}`,
    limit,
    kind: unit,
    values: (groups) => [...byRound(groups, groupId, ours, metric).values()],
  };
}

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
  {
    what: '20 ms jobs: loss against the ideal',
    reach: '≤ 0.02',
    limit: 0.02,
    kind: 'ratio',
    values: (groups) =>
      [...byRound(groups, 'compute/20ms', OURS, 'ofIdeal').values()].map((part) => 1 - part),
  },
  share('8 MB moved: no slower than worker_threads', 'large/moved', 'wallMs', 'raw', 1),
  share('first result: worker_threads and 10 %', 'start/first', 'wallMs', 'raw', 1.1),
  atMost('main loop blocked: lateness p99', 'blocked/5s', 'p99Ms', 3, 'ms', 'backbeat-timed'),
  atMost('main loop blocked: runs missing', 'blocked/5s', 'missing', 0, 'runs', 'backbeat-timed'),
  atMost('one job at a time', 'round-trip/awaited', 'p50Us', 10, 'µs'),
  share('one job at a time: half of piscina', 'round-trip/awaited', 'p50Us', 'piscina', 1 / 2),
  {
    what: 'wrong or lost results, all cases',
    reach: 'none',
    limit: 0,
    kind: 'count',
    everyRound: true,
    values: (groups) =>
      Object.values(groups).flatMap(({ peers }) =>
        (peers[OURS]?.runs ?? []).map(({ wrong }) => wrong ?? 0),
      ),
  },
];
