/** Both sides compute a millisecond per item: how near two threads come to twice the speed. */
import { CpuReading } from '../../measure/cpu.mjs';

export const title = 'One millisecond of work on each side';

export function groups({ quick }) {
  return [
    {
      variant: 'compute',
      params: { kind: 'busy', bound: 16, n: quick ? 300 : 1000 },
      peers: ['serial', 'backbeat', 'backbeat-blocking', 'backbeat-generator', 'port-credit'],
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'wallMs';
export const columns = [
  { key: 'wallMs', label: 'wall ms' },
  { key: 'cpuMs', label: 'CPU ms' },
];

export async function run(peer, params) {
  const { work } = await import('../values.mjs');
  const consume = await peer.open(params);
  const start = new CpuReading();
  await consume(() => work());
  const { wallMs, cpuNs } = new CpuReading().since(start);
  return { wallMs, cpuMs: cpuNs / 1e6 };
}
