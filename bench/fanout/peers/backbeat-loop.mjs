/** An OrderedItemProducer; the consumer is a `for await` on the same event loop. */
import { OrderedItemProducer } from '../../../dist/index.js';

export function createPeer() {
  return {
    async map(ids, task, concurrency) {
      const producer = new OrderedItemProducer();
      const items = producer[Symbol.asyncIterator]();
      let next = 0;
      const produce = async () => {
        while (next < ids.length) await producer.produceItem(task, ids[next++]);
      };
      const produced = Promise.all(Array.from({ length: concurrency }, produce));
      const stopped = produced.then(() => producer.stop());
      const results = [];
      for await (const item of items) results.push(item);
      await stopped;
      return results;
    },
  };
}
