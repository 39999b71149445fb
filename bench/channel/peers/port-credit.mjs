/** MessagePort with credit, the consumer a listener. */
import { openPort } from '../port-credit.mjs';

export async function createPeer() {
  return {
    async open(params) {
      const { port, producer, count } = await openPort(params);
      return (take) =>
        new Promise((resolve) => {
          port.on('message', (value) => {
            take(value);
            if (count()) resolve();
          });
          producer.start();
        });
    },
  };
}
