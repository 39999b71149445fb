/** Jobs that compute for 20 ms: how evenly they are shared out. */
import { CpuReading } from '../../measure/cpu.mjs';
import { openWarm } from '../warm-up.mjs';
import { runAtOnce } from '../window.mjs';

export const title = 'Jobs that compute for 20 ms';
const JOB_MS = 20;

export function groups({ quick, threads }) {
  return [
    {
      variant: '20ms',
      params: { jobs: quick ? 60 : 200, threads },
      peers: ['raw', 'piscina', 'piscina-64', 'tinypool', 'workerpool', 'poolifier', 'backbeat'],
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'wallMs';
export const columns = [
  { key: 'ofIdeal', label: 'share of the ideal' },
  { key: 'wallMs', label: 'wall ms' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'wrong', label: 'wrong or lost' },
];

export async function run(peer, { jobs, threads }) {
  await openWarm(peer, threads);
  const start = new CpuReading();
  const wrong = await runAtOnce(
    jobs,
    () => peer.run('compute', JOB_MS),
    (result) => result === true,
  );
  const { wallMs, cpuNs } = new CpuReading().since(start);
  return { ofIdeal: (jobs * JOB_MS) / threads / wallMs, wallMs, cpuMs: cpuNs / 1e6, wrong };
}
