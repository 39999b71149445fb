import pMap from 'p-map';

export function createPeer() {
  return { map: (ids, task, concurrency) => pMap(ids, task, { concurrency }) };
}
