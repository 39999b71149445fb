/**
 * What the scheduler has to reach. A ratio is taken inside each round, between two peers that ran
 * one after the other, and the median of the rounds is what counts.
 */
import { median } from '../measure/statistics.mjs';

const OURS = 'backbeat';
const NODE = 'node-timers';
const WHEEL = 'js-wheel';
const LIBRARIES = ['toad-scheduler', 'node-schedule', 'croner', 'node-cron'];

function runsOf(groups, groupId, peerName) {
  return groups[groupId]?.peers[peerName]?.runs ?? [];
}

function valuesByRound(groups, groupId, peerName, metric) {
  return new Map(runsOf(groups, groupId, peerName).map((run) => [run.round, run[metric]]));
}

function quotients(numerators, denominators) {
  return [...numerators]
    .filter(([round]) => denominators.has(round))
    .map(([round, value]) => value / denominators.get(round));
}

export function ratio(what, groupId, metric, limit, against = NODE) {
  return {
    what,
    reach: `≤ ${limit}x`,
    limit,
    kind: 'ratio',
    values: (groups) =>
      quotients(
        valuesByRound(groups, groupId, OURS, metric),
        valuesByRound(groups, groupId, against, metric),
      ),
  };
}

function bestLibraryRatio(what, groupId, metric, limit) {
  const cheapest = (groups) =>
    LIBRARIES.map((name) => ({
      name,
      cost: median([...valuesByRound(groups, groupId, name, metric).values()]),
    }))
      .filter(({ cost }) => cost !== undefined)
      .sort((one, other) => one.cost - other.cost)[0]?.name;
  return {
    what,
    reach: `≤ ${limit}x`,
    limit,
    kind: 'ratio',
    note: cheapest,
    values: (groups) =>
      quotients(
        valuesByRound(groups, groupId, OURS, metric),
        valuesByRound(groups, groupId, cheapest(groups), metric),
      ),
  };
}

function atMost(what, groupId, metric, limit, unit) {
  return {
    what,
    reach: `≤ ${limit} ${unit}`,
    limit,
    kind: unit,
    values: (groups) => [...valuesByRound(groups, groupId, OURS, metric).values()],
  };
}

/** Every round has to show zero, not just the median. */
export function none(what, groupId, metrics) {
  const counted = (groups) => (groupId === '*' ? Object.keys(groups) : [groupId]);
  return {
    what,
    reach: 'none',
    limit: 0,
    kind: 'count',
    everyRound: true,
    values: (groups) =>
      counted(groups)
        .flatMap((id) => runsOf(groups, id, OURS))
        .map((run) => metrics.reduce((sum, metric) => sum + (run[metric] ?? 0), 0)),
  };
}

/** A run that crashed or ran out of time has no figures, and must not go unnoticed for it. */
export function noFailures(what) {
  return {
    what,
    reach: 'none',
    limit: 0,
    kind: 'count',
    everyRound: true,
    values: (groups) =>
      Object.values(groups)
        .filter(({ peers }) => peers[OURS] !== undefined && peers[OURS].cannot === undefined)
        .map(({ peers }) => peers[OURS].failures.length),
  };
}

function growth(what, metric, fromGroup, toGroup, limit) {
  return {
    what,
    reach: `< ${limit}x`,
    limit,
    kind: 'ratio',
    values: (groups) =>
      quotients(
        valuesByRound(groups, toGroup, OURS, metric),
        valuesByRound(groups, fromGroup, OURS, metric),
      ),
  };
}

export const goals = [
  ratio('insert, CPU per timer, 100 k', 'oneshot/100000', 'insertCpuNs', 0.18),
  ratio('insert, CPU per timer, 1 M', 'oneshot/1000000', 'insertCpuNs', 0.18),
  ratio('insert, CPU per timer, 3 M', 'oneshot/3000000', 'insertCpuNs', 0.18),
  ratio('insert + fire, CPU per timer, 1 M', 'oneshot/1000000', 'totalCpuNs', 0.4),
  ratio('insert + fire, CPU per timer, 3 M', 'oneshot/3000000', 'totalCpuNs', 0.4),
  ratio('insert + fire, main thread, 1 M', 'oneshot/1000000', 'mainCpuNs', 0.3),
  ratio('insert + fire, main thread, 3 M', 'oneshot/3000000', 'mainCpuNs', 0.3),
  ratio('resident bytes per pending timer, 1 M', 'memory/1000000', 'rssBytes', 0.33),
  ratio('against js-wheel: insert + fire CPU, 1 M', 'oneshot/1000000', 'totalCpuNs', 1.1, WHEEL),
  ratio('against js-wheel: main thread, 1 M', 'oneshot/1000000', 'mainCpuNs', 0.9, WHEEL),
  ratio('against js-wheel: lateness p99, 1 M', 'oneshot/1000000', 'lateP99', 0.5, WHEEL),
  ratio('against js-wheel: insert + fire CPU, 3 M', 'oneshot/3000000', 'totalCpuNs', 1.1, WHEEL),
  ratio('against js-wheel: main thread, 3 M', 'oneshot/3000000', 'mainCpuNs', 0.9, WHEEL),
  ratio('against js-wheel: lateness p99, 3 M', 'oneshot/3000000', 'lateP99', 0.5, WHEEL),
  ratio('insert + cancel: pair', 'churn/pair', 'cpuNs', 0.25),
  ratio('insert + cancel: rolling over 10 k live', 'churn/rolling', 'cpuNs', 0.3),
  ratio('insert + cancel: rolling beside 1 M live', 'churn/beside-1M', 'cpuNs', 0.4),
  ratio('insert + cancel: rolling among 1 M live', 'churn/among-1M', 'cpuNs', 0.4),
  ratio('re-arm against refresh(), 10 k live', 'rearm/10k', 'cpuNs', 0.6),
  ratio('re-arm against refresh(), beside 1 M live', 'rearm/beside-1M', 'cpuNs', 0.6),
  none('1 M recurring: ticks missing', 'recurring/1000000', ['lost']),
  none('1 M recurring: early', 'recurring/1000000', ['early']),
  ratio('1 M recurring: CPU', 'recurring/1000000', 'cpuMs', 0.5),
  ratio('1 M recurring: CPU per tick', 'recurring/1000000', 'cpuNsPerTick', 0.5),
  ratio('1 M recurring: lateness p99', 'recurring/1000000', 'lateP99', 1),
  none('1,000 sparse on an idle loop: early', 'idle/idle', ['early', 'lost', 'doubled']),
  atMost('1,000 sparse on an idle loop: median lateness', 'idle/idle', 'lateP50', 0.15, 'ms'),
  atMost('1,000 sparse on an idle loop: lateness p99', 'idle/idle', 'lateP99', 1.2, 'ms'),
  ratio('newActor().start(), CPU, 100 k', 'actor/100000', 'startCpuNs', 1),
  ratio('newActor().start(), CPU, 1 M', 'actor/1000000', 'startCpuNs', 1),
  ratio('newActor().start() and fire, CPU, 100 k', 'actor/100000', 'totalCpuNs', 1),
  ratio('newActor().start() and fire, CPU, 1 M', 'actor/1000000', 'totalCpuNs', 1),
  bestLibraryRatio('against the best library, 100 k', 'actor/100000', 'startCpuNs', 0.1),
  bestLibraryRatio('against the best library, 1 M', 'actor/1000000', 'startCpuNs', 0.1),
  none('10 M timers: lost or doubled', 'oneshot/10000000', ['lost', 'doubled']),
  atMost('10 M timers: memory', 'oneshot/10000000', 'peakMb', 800, 'MB'),
  none('10 M actors: lost or doubled', 'actors-at-scale/10000000', ['lost', 'doubled']),
  atMost('10 M actors: memory', 'actors-at-scale/10000000', 'peakMb', 3000, 'MB'),
  atMost('10 M actors: longest pause', 'actors-at-scale/10000000', 'longestPauseMs', 50, 'ms'),
  growth('insert, 10 k to 10 M', 'insertCpuNs', 'oneshot/10000', 'oneshot/10000000', 2),
  growth('fire, 10 k to 10 M', 'fireCpuNs', 'oneshot/10000', 'oneshot/10000000', 2),
  growth('fire, 100 k to 10 M', 'fireCpuNs', 'oneshot/100000', 'oneshot/10000000', 2),
  none('lost, doubled or early, all cases', '*', ['lost', 'doubled', 'early']),
  noFailures('runs that crashed or ran out of time, per group'),
];
