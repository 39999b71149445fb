/** A channel whose two ends block their threads. */
import { openChannel } from './backbeat.mjs';

export async function createPeer() {
  return {
    async open(params) {
      const { receiver, producer } = await openChannel(params);
      return (take) => {
        producer.start();
        for (const value of receiver.sync()) take(value);
      };
    },
  };
}
