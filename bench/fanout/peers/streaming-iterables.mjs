import { collect, parallelMap } from 'streaming-iterables';

export function createPeer() {
  return { map: (ids, task, concurrency) => collect(parallelMap(concurrency, task, ids)) };
}
