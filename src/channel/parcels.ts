/**
 * Values that travel beside the ring, in the order of its cells: what only a message port can
 * carry, what is to be moved and not copied, what is too large for the ring.
 *
 * As long as both ends are in one isolate there is no port; the first hand-over makes one.
 */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Transferable,
} from 'node:worker_threads';

/** Objects that are moved, not copied. */
export type TransferList = readonly Transferable[];

/** One end's view of the values beside the ring. */
export interface ParcelLane {
  /** Sends a copy. Throws a `DataCloneError` when the value cannot be cloned. */
  post(value: unknown, transfer: TransferList | undefined): void;
  /** The next value, which must have been sent. */
  take(): unknown;
  /** The port that goes along with a handle; this lane is unusable afterwards. */
  moveToPort(): MessagePort;
  close(): void;
}

/** The two lanes of a channel whose ends are in one isolate. */
export function localLanes(): { sending: ParcelLane; receiving: ParcelLane } {
  const queue: unknown[] = [];
  const sending = new LocalLane(queue, false);
  const receiving = new LocalLane(queue, true);
  sending.partner = receiving;
  receiving.partner = sending;
  return { sending, receiving };
}

/** A lane whose other end is wherever the other port is. */
export class PortLane implements ParcelLane {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    this.#port = port;
    port.unref();
  }

  post(value: unknown, transfer: TransferList | undefined): void {
    this.#port.postMessage({ value }, transfer ?? []);
  }

  take(): unknown {
    const received = receiveMessageOnPort(this.#port);
    if (received === undefined) throw new Error('the value of this item is not in its port');
    return (received.message as { value: unknown }).value;
  }

  moveToPort(): MessagePort {
    return this.#port;
  }

  close(): void {
    this.#port.close();
  }
}

class LocalLane implements ParcelLane {
  readonly #queue: unknown[];
  /** What waits for the receiver stays where the receiver is. */
  readonly #receives: boolean;
  partner: LocalLane | undefined;
  #port: PortLane | undefined;

  constructor(queue: unknown[], receives: boolean) {
    this.#queue = queue;
    this.#receives = receives;
  }

  post(value: unknown, transfer: TransferList | undefined): void {
    if (this.#port !== undefined) this.#port.post(value, transfer);
    else this.#queue.push(structuredClone(value, transfer && { transfer: [...transfer] }));
  }

  take(): unknown {
    if (this.#queue.length > 0) return this.#queue.shift();
    if (this.#port === undefined) throw new Error('the value of this item was not sent');
    return this.#port.take();
  }

  moveToPort(): MessagePort {
    if (this.#port === undefined) {
      const { port1, port2 } = new MessageChannel();
      this.#port = new PortLane(port1);
      const partner = this.partner!;
      partner.#port = new PortLane(port2);
      if (this.#receives)
        for (const value of this.#queue.splice(0)) partner.#port.post(value, undefined);
    }
    return this.#port.moveToPort();
  }

  close(): void {
    this.#port?.close();
  }
}
