/** An OrderedItemProducer; the consumer is a function that blocks, on its thread. */
import { OrderedItemProducer } from '../../../dist/index.js';

export function createPeer() {
  return {
    async map(ids, task, concurrency) {
      const producer = new OrderedItemProducer();
      await producer.start((items) => [...items]);
      let next = 0;
      const produce = async () => {
        while (next < ids.length) await producer.produceItem(task, ids[next++]);
      };
      await Promise.all(Array.from({ length: concurrency }, produce));
      return producer.stop();
    },
    async stream(items) {
      const producer = new OrderedItemProducer();
      await producer.start((received) => {
        let expected = 0;
        for (const item of received) if (item !== expected++) return -1;
        return expected;
      });
      const make = (item) => item;
      for (let item = 0; item < items; item++) {
        // A promise for each item would be most of what is measured.
        if (item % 64 === 0) await producer.ready;
        producer.produceItem(make, item);
      }
      return producer.stop();
    },
  };
}
