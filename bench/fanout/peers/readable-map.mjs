import { Readable } from 'node:stream';

export function createPeer() {
  return {
    map: (ids, task, concurrency) => Readable.from(ids).map(task, { concurrency }).toArray(),
  };
}
