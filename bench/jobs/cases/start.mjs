/** From nothing to the first result: the library is loaded, a thread started, a job run. */
import { CpuReading } from '../../measure/cpu.mjs';

export const title = 'From a cold start to the first result';

export function groups({ threads }) {
  return [
    {
      variant: 'first',
      params: { threads },
      peers: ['raw', 'piscina', 'tinypool', 'workerpool', 'poolifier', 'synckit', 'backbeat'],
      timeLimitS: { other: 30 },
    },
  ];
}

export const compared = 'wallMs';
export const columns = [
  { key: 'wallMs', label: 'wall ms' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'wrong', label: 'wrong or lost' },
];

export async function run(peer) {
  const start = new CpuReading();
  await peer.open(1);
  const result = await peer.run('increment', 41);
  const { wallMs, cpuNs } = new CpuReading().since(start);
  return { wallMs, cpuMs: cpuNs / 1e6, wrong: result === 42 ? 0 : 1 };
}
