/** A channel: a blocking producer, the consumer a `for await` loop. */
import { channel } from '../../../dist/index.js';
import { startProducer } from '../producer.mjs';

export async function openChannel({ kind, n, bound, isIdle, isBatched = false }) {
  const { sender, receiver } = channel({ capacity: bound });
  const handle = sender.handle();
  const producer = await startProducer('backbeat', { handle, kind, n, isIdle, isBatched }, [
    handle.port,
  ]);
  return { receiver, producer };
}

export async function createPeer() {
  return {
    async open(params) {
      const { receiver, producer } = await openChannel(params);
      return async (take) => {
        producer.start();
        for await (const value of receiver) take(value);
      };
    },
  };
}
