/** A worker that waits, and no channel at all. */
import { MessageChannel } from 'node:worker_threads';
import { startProducer } from '../producer.mjs';

export async function createPeer() {
  return {
    async open(params) {
      const { port1, port2 } = new MessageChannel();
      port1.unref();
      await startProducer('port', { ...params, port: port2 }, [port2]);
      return () => undefined;
    },
  };
}
