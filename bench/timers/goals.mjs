/** What the scheduler has to reach. */
import { atMost, growth, noFailures, none, ratio } from '../measure/goals.mjs';

const NODE = { against: 'node-timers' };
const WHEEL = { against: 'js-wheel' };
const LIBRARIES = { against: ['toad-scheduler', 'node-schedule', 'croner', 'node-cron'] };

export const goals = [
  ratio('insert, CPU per timer, 100 k', 'oneshot/100000', 'insertCpuNs', 0.18, NODE),
  ratio('insert, CPU per timer, 1 M', 'oneshot/1000000', 'insertCpuNs', 0.18, NODE),
  ratio('insert, CPU per timer, 3 M', 'oneshot/3000000', 'insertCpuNs', 0.18, NODE),
  ratio('insert + fire, CPU per timer, 1 M', 'oneshot/1000000', 'totalCpuNs', 0.4, NODE),
  ratio('insert + fire, CPU per timer, 3 M', 'oneshot/3000000', 'totalCpuNs', 0.4, NODE),
  ratio('insert + fire, main thread, 1 M', 'oneshot/1000000', 'mainCpuNs', 0.3, NODE),
  ratio('insert + fire, main thread, 3 M', 'oneshot/3000000', 'mainCpuNs', 0.3, NODE),
  ratio('resident bytes per pending timer, 1 M', 'memory/1000000', 'rssBytes', 0.33, NODE),
  ratio('against js-wheel: insert + fire CPU, 1 M', 'oneshot/1000000', 'totalCpuNs', 1.1, WHEEL),
  ratio('against js-wheel: main thread, 1 M', 'oneshot/1000000', 'mainCpuNs', 0.9, WHEEL),
  ratio('against js-wheel: lateness p99, 1 M', 'oneshot/1000000', 'lateP99', 0.5, WHEEL),
  ratio('against js-wheel: insert + fire CPU, 3 M', 'oneshot/3000000', 'totalCpuNs', 1.1, WHEEL),
  ratio('against js-wheel: main thread, 3 M', 'oneshot/3000000', 'mainCpuNs', 0.9, WHEEL),
  ratio('against js-wheel: lateness p99, 3 M', 'oneshot/3000000', 'lateP99', 0.5, WHEEL),
  ratio('insert + cancel: pair', 'churn/pair', 'cpuNs', 0.25, NODE),
  ratio('insert + cancel: rolling over 10 k live', 'churn/rolling', 'cpuNs', 0.3, NODE),
  ratio('insert + cancel: rolling beside 1 M live', 'churn/beside-1M', 'cpuNs', 0.4, NODE),
  ratio('insert + cancel: rolling among 1 M live', 'churn/among-1M', 'cpuNs', 0.4, NODE),
  ratio('re-arm against refresh(), 10 k live', 'rearm/10k', 'cpuNs', 0.6, NODE),
  ratio('re-arm against refresh(), beside 1 M live', 'rearm/beside-1M', 'cpuNs', 0.6, NODE),
  none('1 M recurring: ticks missing', 'recurring/1000000', ['lost', 'skipped']),
  none('1 M recurring: early', 'recurring/1000000', ['early']),
  ratio('1 M recurring: CPU', 'recurring/1000000', 'cpuMs', 0.5, NODE),
  ratio('1 M recurring: CPU per tick', 'recurring/1000000', 'cpuNsPerTick', 0.5, NODE),
  ratio('1 M recurring: lateness p99', 'recurring/1000000', 'lateP99', 1, NODE),
  none('1,000 sparse on an idle loop: early', 'idle/idle', ['early', 'lost', 'doubled']),
  atMost('1,000 sparse on an idle loop: median lateness', 'idle/idle', 'lateP50', 0.15, {
    unit: 'ms',
  }),
  atMost('1,000 sparse on an idle loop: lateness p99', 'idle/idle', 'lateP99', 1.2, { unit: 'ms' }),
  ratio('newActor().start(), CPU, 100 k', 'actor/100000', 'startCpuNs', 1, NODE),
  ratio('newActor().start(), CPU, 1 M', 'actor/1000000', 'startCpuNs', 1, NODE),
  ratio('newActor().start() and fire, CPU, 100 k', 'actor/100000', 'totalCpuNs', 1, NODE),
  ratio('newActor().start() and fire, CPU, 1 M', 'actor/1000000', 'totalCpuNs', 1, NODE),
  ratio('against the best library, 100 k', 'actor/100000', 'startCpuNs', 0.1, LIBRARIES),
  ratio('against the best library, 1 M', 'actor/1000000', 'startCpuNs', 0.1, LIBRARIES),
  none('10 M timers: lost or doubled', 'oneshot/10000000', ['lost', 'doubled']),
  atMost('10 M timers: memory', 'oneshot/10000000', 'peakMb', 800, { unit: 'MB' }),
  none('10 M actors: lost or doubled', 'actors-at-scale/10000000', ['lost', 'doubled']),
  atMost('10 M actors: memory', 'actors-at-scale/10000000', 'peakMb', 3000, { unit: 'MB' }),
  atMost('10 M actors: longest pause', 'actors-at-scale/10000000', 'longestPauseMs', 50, {
    unit: 'ms',
  }),
  growth('insert, 10 k to 10 M', 'insertCpuNs', 'oneshot/10000', 'oneshot/10000000', 2),
  growth('fire, 10 k to 10 M', 'fireCpuNs', 'oneshot/10000', 'oneshot/10000000', 2),
  growth('fire, 100 k to 10 M', 'fireCpuNs', 'oneshot/100000', 'oneshot/10000000', 2),
  none('lost, doubled or early, all cases', '*', ['lost', 'doubled', 'early']),
  noFailures('runs that crashed or ran out of time, per group'),
];
