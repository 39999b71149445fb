/** receiveMessageOnPort with Atomics.wait: both ends block their threads. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { startProducer } from '../producer.mjs';

export async function createPeer() {
  return {
    async open({ kind, n, bound }) {
      const { port1, port2 } = new MessageChannel();
      const counters = new Int32Array(new SharedArrayBuffer(8));
      const data = { port: port2, counters, kind, n, bound };
      const producer = await startProducer('port-blocking', data, [port2]);
      return (take) => {
        producer.start();
        for (let taken = 0; taken < n; ) {
          const received = receiveMessageOnPort(port1);
          if (received === undefined) {
            Atomics.wait(counters, 0, taken);
            continue;
          }
          take(received.message);
          Atomics.store(counters, 1, ++taken);
          Atomics.notify(counters, 1);
        }
        port1.close();
      };
    },
  };
}
