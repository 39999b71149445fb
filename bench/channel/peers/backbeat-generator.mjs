/** A generator on a native thread, the consumer a `for await` loop. */
import { BackgroundGenerator, task } from '../../../dist/index.js';

const PRODUCER = task(new URL('../producers/generator.mjs', import.meta.url), 'produce');

export async function createPeer() {
  return {
    async open({ kind, n, bound }) {
      // Up, and waiting for room.
      const generator = new BackgroundGenerator(PRODUCER, bound, null, [kind, n]);
      const reader = generator.iterator();
      const first = await reader.next();
      return async (take) => {
        take(first.value);
        for await (const value of reader) take(value);
      };
    },
  };
}
