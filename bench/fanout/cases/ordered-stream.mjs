/**
 * Items that are ready at once, through an ordered producer to a function that blocks on a thread.
 * The original was recorded at about 20 thousand a second on a machine like this one.
 */
import { CpuReading } from '../../measure/cpu.mjs';

export const title = 'Ordered production for a blocking consumer';
const WARM_UP_ITEMS = 5000;

export function groups({ quick }) {
  const items = quick ? 100_000 : 1_000_000;
  return [
    {
      variant: `${items}`,
      params: { items },
      peers: ['backbeat-ordered'],
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'wallNs';
export const columns = [
  { key: 'itemsPerSecond', label: 'items per s' },
  { key: 'wallNs', label: 'wall ns per item' },
  { key: 'cpuNs', label: 'CPU ns per item' },
  { key: 'wrong', label: 'wrong' },
];

export async function run(peer, { items }) {
  await peer.stream(WARM_UP_ITEMS);
  const start = new CpuReading();
  const received = await peer.stream(items);
  const { wallMs, cpuNs } = new CpuReading().since(start);
  return {
    itemsPerSecond: (items / wallMs) * 1000,
    wallNs: (wallMs * 1e6) / items,
    cpuNs: cpuNs / items,
    wrong: Math.abs(items - received),
  };
}
