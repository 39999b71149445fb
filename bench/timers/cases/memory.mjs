/** Bytes per pending timer: resident memory and heap after a full collection, callback shared. */
import { settledMemory } from '../../measure/memory.mjs';
import { uniformDelays } from '../../measure/random.mjs';
import { warmUpChurn } from '../warm-up.mjs';

export const title = 'Memory per pending timer';

export function groups({ quick }) {
  const size = (n) => ({
    variant: `${n}`,
    params: { n, fromMs: 600_000, toMs: 604_000 },
    peers: ['node-timers', 'backbeat', 'js-wheel', ...(quick ? [] : ['toad-scheduler'])],
    libraryRounds: 2,
    timeLimitS: { library: 30, other: 60 },
  });
  return quick ? [size(100_000)] : [size(100_000), size(1_000_000)];
}

export const compared = 'rssBytes';

export const columns = [
  { key: 'rssBytes', label: 'resident bytes per timer' },
  { key: 'heapBytes', label: 'heap bytes per timer' },
  { key: 'bufferBytes', label: 'ArrayBuffer bytes per timer' },
];

export async function run(peer, { n, fromMs, toMs, seed }) {
  const delaysMs = uniformDelays(seed, n, fromMs, toMs);
  const callback = () => {};
  await warmUpChurn(peer);
  const before = await settledMemory();
  for (let id = 0; id < n; id++) peer.insert(delaysMs[id], callback, id);
  const after = await settledMemory();
  return {
    rssBytes: (after.rss - before.rss) / n,
    heapBytes: (after.heap - before.heap) / n,
    bufferBytes: (after.arrayBuffers - before.arrayBuffers) / n,
  };
}
