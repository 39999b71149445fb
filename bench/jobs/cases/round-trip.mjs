/** One job after the other, each awaited: there, run, and back. */
import { performance } from 'node:perf_hooks';
import { CpuReading } from '../../measure/cpu.mjs';
import { quantile } from '../../measure/statistics.mjs';
import { openWarm } from '../warm-up.mjs';

export const title = 'One job at a time';

export function groups({ quick, threads }) {
  return [
    {
      variant: 'awaited',
      params: { jobs: quick ? 3000 : 10_000, threads },
      peers: [
        'raw',
        'piscina',
        'tinypool',
        'workerpool',
        'poolifier',
        'synckit',
        'backbeat',
        'backbeat-sync',
      ],
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'p50Us';
export const columns = [
  { key: 'p50Us', label: 'p50 µs' },
  { key: 'p99Us', label: 'p99 µs' },
  { key: 'wallUs', label: 'mean µs' },
  { key: 'cpuUs', label: 'CPU µs' },
  { key: 'wrong', label: 'wrong or lost' },
];

export async function run(peer, { jobs, threads }) {
  await openWarm(peer, threads);
  const trips = new Float64Array(jobs);
  let wrong = 0;
  for (let job = 0; job < 1000; job++) await peer.run('increment', job);
  const start = new CpuReading();
  for (let job = 0; job < jobs; job++) {
    const beganMs = performance.now();
    if ((await peer.run('increment', job)) !== job + 1) wrong++;
    trips[job] = performance.now() - beganMs;
  }
  const { wallMs, cpuNs } = new CpuReading().since(start);
  trips.sort();
  return {
    p50Us: quantile(trips, 0.5) * 1000,
    p99Us: quantile(trips, 0.99) * 1000,
    wallUs: (wallMs * 1000) / jobs,
    cpuUs: cpuNs / 1000 / jobs,
    wrong,
  };
}
