/** What a thread takes that has run a job and waits for the next. */
import { settledMemory } from '../../measure/memory.mjs';

export const title = 'Memory of an idle thread';
const THREADS = 6;
const LONG_JOB_MS = 300;

export function groups() {
  return [
    {
      variant: 'idle',
      params: {},
      peers: ['raw', 'piscina', 'tinypool', 'workerpool', 'poolifier', 'backbeat'],
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'mb';
export const columns = [{ key: 'mb', label: 'MB per thread' }];

export async function run(peer) {
  await peer.open(1);
  const before = await settledMemory();
  await peer.open(THREADS);
  await Promise.all(Array.from({ length: THREADS * 2 }, () => peer.run('compute', LONG_JOB_MS)));
  const after = await settledMemory();
  return { mb: (after.rss - before.rss) / 2 ** 20 / THREADS };
}
