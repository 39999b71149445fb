/** ringbuf.js, which has no waiting of its own: both ends block with Atomics.wait. */
import { RingBuffer } from 'ringbuf.js';
import { startProducer } from '../producer.mjs';

const BUFFER_BYTES = 64;

export async function createPeer() {
  return {
    async open({ kind, n, bound }) {
      const isNumber = kind === 'number';
      const type = isNumber ? Float64Array : Uint8Array;
      // Only whole items are ever pushed, so a ring of this size holds `bound` of them.
      const elements = isNumber ? bound : bound * BUFFER_BYTES;
      const memory = RingBuffer.getStorageForCapacity(elements, type);
      const signals = new Int32Array(new SharedArrayBuffer(8));
      const producer = await startProducer('ringbuf', { memory, signals, kind, n });
      const ring = new RingBuffer(memory, type);
      return (take) => {
        producer.start();
        const one = new Float64Array(1);
        for (let taken = 0; taken < n; ) {
          const item = isNumber ? one : new Uint8Array(BUFFER_BYTES);
          const before = Atomics.load(signals, 0);
          if (ring.pop(item) === 0) {
            Atomics.wait(signals, 0, before);
            continue;
          }
          take(isNumber ? one[0] : item);
          taken++;
          Atomics.add(signals, 1, 1);
          Atomics.notify(signals, 1);
        }
      };
    },
  };
}
