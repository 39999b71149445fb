/** A channel whose consumer is a loop over `receiveMany`, and whose producer sends many at once. */
import { openChannel } from './backbeat.mjs';

export async function createPeer() {
  return {
    async open(params) {
      const { receiver, producer } = await openChannel({ ...params, isBatched: true });
      return async (take) => {
        producer.start();
        for (;;) {
          const batch = await receiver.receiveMany();
          if (batch.length === 0) return;
          for (const value of batch) take(value);
        }
      };
    },
  };
}
