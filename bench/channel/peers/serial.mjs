/** The same work in one loop. */
import { producerOf } from '../values.mjs';

export async function createPeer() {
  return {
    async open({ kind, n }) {
      const { make } = producerOf(kind);
      return (take) => {
        for (let id = 0; id < n; id++) take(make(id));
      };
    },
  };
}
