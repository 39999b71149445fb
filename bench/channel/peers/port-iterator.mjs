/** MessagePort with credit, the consumer a `for await` over `events.on`. */
import { on } from 'node:events';
import { openPort } from '../port-credit.mjs';

export async function createPeer() {
  return {
    async open(params) {
      const { port, producer, count } = await openPort(params);
      return async (take) => {
        const messages = on(port, 'message');
        port.start();
        producer.start();
        for await (const [value] of messages) {
          take(value);
          if (count()) return;
        }
      };
    },
  };
}
