/** A Readable in object mode in front of a MessagePort with credit. */
import { Readable } from 'node:stream';
import { openPort } from '../port-credit.mjs';

export async function createPeer() {
  return {
    async open(params) {
      const { port, producer, count } = await openPort(params);
      return async (take) => {
        const readable = new Readable({ objectMode: true, highWaterMark: params.bound, read() {} });
        port.on('message', (value) => readable.push(value));
        producer.start();
        for await (const value of readable) {
          take(value);
          if (count()) return;
        }
      };
    },
  };
}
