/**
 * The kinds of goals. A goal takes from the groups of a results file one value per round: a ratio is
 * taken between two peers that ran in the same round, one after the other, and the median of the
 * rounds is what counts. `limit` is what that median (or, with `everyRound`, each value) may be.
 */
import { median } from './statistics.mjs';

export const OURS = 'backbeat';

/**
 * Ours as a share of another's.
 *
 * @param own, against the name of a peer, or several: of several the one with the smallest median
 * @param unit what the reach is a share of, for the table
 */
export function ratio(what, groupId, metric, limit, { own = OURS, against, unit = '' }) {
  const several = Array.isArray(own) || Array.isArray(against);
  const pair = (groups) => [own, against].map((peers) => cheapest(groups, groupId, peers, metric));
  return {
    what,
    reach: `≤ ${Number(limit.toPrecision(3))}x${unit}`,
    limit,
    kind: 'ratio',
    note: (groups) => several && pair(groups).every(Boolean) && pair(groups).join(' / '),
    values: (groups) => {
      const [ours, theirs] = pair(groups).map((peer) =>
        valuesByRound(groups, groupId, peer, metric),
      );
      return inSameRound(ours, theirs, (one, other) => one / other);
    },
  };
}

/** By how much ours is more than another's. */
export function difference(what, groupId, metric, limit, { own = OURS, against, unit }) {
  return {
    what,
    reach: `≤ ${limit} ${unit}`,
    limit,
    kind: unit,
    values: (groups) =>
      inSameRound(
        valuesByRound(groups, groupId, own, metric),
        valuesByRound(groups, groupId, against, metric),
        (one, other) => one - other,
      ),
  };
}

/** What ours costs in the larger of two groups, as a share of what it costs in the smaller. */
export function growth(what, metric, fromGroup, toGroup, limit) {
  return {
    what,
    reach: `< ${limit}x`,
    limit,
    kind: 'ratio',
    values: (groups) =>
      inSameRound(
        valuesByRound(groups, toGroup, OURS, metric),
        valuesByRound(groups, fromGroup, OURS, metric),
        (large, small) => large / small,
      ),
  };
}

/** A figure of ours as it is, or `of` it. */
export function atMost(what, groupId, metric, limit, { unit, own = OURS, of = (value) => value }) {
  return {
    what,
    reach: `≤ ${limit} ${unit}`,
    limit,
    kind: unit,
    values: (groups) => [...valuesByRound(groups, groupId, own, metric).values()].map(of),
  };
}

/**
 * @param groupId one group, or `'*'` for all
 * @param metrics added up; one that a case does not have counts as zero
 */
export function none(what, groupId, metrics, own = [OURS]) {
  const counted = (groups) => (groupId === '*' ? Object.keys(groups) : [groupId]);
  return zeroInEach(what, (groups) =>
    counted(groups)
      .flatMap((id) => own.flatMap((peer) => runsOf(groups, id, peer)))
      .map((run) => metrics.reduce((sum, metric) => sum + (run[metric] ?? 0), 0)),
  );
}

/** A run that crashed or ran out of time has no figures, and must not go unnoticed for it. */
export function noFailures(what, own = [OURS]) {
  return zeroInEach(what, (groups) =>
    Object.values(groups)
      .flatMap(({ peers }) => own.map((peer) => peers[peer]))
      .filter((peer) => peer !== undefined && peer.cannot === undefined)
      .map(({ failures }) => failures.length),
  );
}

/** Every round has to show zero, not just the median. */
function zeroInEach(what, values) {
  return { what, reach: 'none', limit: 0, kind: 'count', everyRound: true, values };
}

function runsOf(groups, groupId, peer) {
  return groups[groupId]?.peers[peer]?.runs ?? [];
}

function valuesByRound(groups, groupId, peer, metric) {
  return new Map(runsOf(groups, groupId, peer).map((run) => [run.round, run[metric]]));
}

function inSameRound(own, others, of) {
  return [...own]
    .filter(([round]) => others.has(round))
    .map(([round, value]) => of(value, others.get(round)));
}

function cheapest(groups, groupId, peers, metric) {
  if (!Array.isArray(peers)) return peers;
  return peers
    .map((name) => ({
      name,
      cost: median([...valuesByRound(groups, groupId, name, metric).values()]),
    }))
    .filter(({ cost }) => cost !== undefined)
    .sort((one, other) => one.cost - other.cost)[0]?.name;
}
