/** A port whose reader gives credit back in halves of the bound. */
import { MessageChannel } from 'node:worker_threads';
import { startProducer } from './producer.mjs';

export async function openPort({ kind, n, bound, isIdle }) {
  const { port1, port2 } = new MessageChannel();
  const data = { port: port2, kind, n, bound, isIdle };
  const producer = await startProducer('port', data, [port2]);
  const refund = Math.max(1, bound >> 1);
  let taken = 0;
  return {
    port: port1,
    producer,
    /** One was taken; true when it was the last. */
    count() {
      taken++;
      if (taken % refund === 0) port1.postMessage(refund);
      if (taken === n) port1.close();
      return taken === n;
    },
  };
}
