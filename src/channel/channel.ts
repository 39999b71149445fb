import { InvalidArgumentError } from '../errors.ts';
import { ChannelMemory, createChannelMemory } from './channel-memory.ts';
import { type EndHandle, EndLink } from './end-link.ts';
import { localLanes, PortLane } from './parcels.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';

const DEFAULT_CAPACITY = 16;
const MAX_CAPACITY = 1 << 24;
const MAX_BYTES = 0x7fff_ffff;

/** How a channel is made. */
export interface ChannelOptions {
  /** Items that the channel may hold, sent and not received. Default 16. */
  readonly capacity?: number;
  /**
   * Bytes that the items of the channel may have together, as they are encoded; numbers count as
   * none. One item that is larger goes through an empty channel. Default: no bound.
   */
  readonly maxBytes?: number;
  /** Name for error messages. Default `channel_N`. */
  readonly name?: string;
}

/** Both ends of a channel. */
export interface Channel<T> {
  /** Where items go in. */
  readonly sender: Sender<T>;
  /** Where they come out. */
  readonly receiver: Receiver<T>;
}

let channels = 0;

/**
 * Makes a channel: values sent into one end come out of the other, in order, at most `capacity` of
 * them at a time in between. Either end can be handed to a thread.
 *
 * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` for a capacity that is no whole number
 *   from 1 to 16,777,216, or bytes that are none from 1 to 2,147,483,647.
 *
 * @example
 * ```ts
 * import { channel, openSender } from 'backbeat';
 * const { sender, receiver } = channel<number>({ capacity: 8 });
 * const { port1, port2 } = new MessageChannel();
 * port2.once('message', (handle) => openSender<number>(handle).send(42)); // on any thread
 * const handle = sender.handle();
 * port1.postMessage(handle, [handle.port]);
 * console.log(await receiver.receive()); // { value: 42, done: false }
 * port1.close();
 * ```
 */
export function channel<T = unknown>(options: ChannelOptions = {}): Channel<T> {
  const { capacity = DEFAULT_CAPACITY, maxBytes, name = `channel_${channels++}` } = options;
  checkCount('capacity', capacity, MAX_CAPACITY);
  if (maxBytes !== undefined) checkCount('maxBytes', maxBytes, MAX_BYTES);
  const memory = new ChannelMemory(createChannelMemory(capacity, maxBytes));
  const { sending, receiving } = localLanes();
  return {
    sender: new Sender<T>(new EndLink(memory, true, name, sending)),
    receiver: new Receiver<T>(new EndLink(memory, false, name, receiving)),
  };
}

/**
 * Opens a sender that was handed over, in the isolate that received its handle.
 *
 * @throws ChannelEndMovedError `BACKBEAT_CHANNEL_END_MOVED` when it was opened already.
 */
export function openSender<T = unknown>(handle: EndHandle): Sender<T> {
  return new Sender<T>(openLink(handle, true));
}

/** Opens a receiver that was handed over. Errors as for `openSender`. */
export function openReceiver<T = unknown>(handle: EndHandle): Receiver<T> {
  return new Receiver<T>(openLink(handle, false));
}

function openLink(handle: EndHandle, isSender: boolean): EndLink {
  const { buffer, port, name, isSender: handleIsSender } = handle;
  if (!(buffer instanceof SharedArrayBuffer) || handleIsSender !== isSender) {
    throw new InvalidArgumentError(
      'handle',
      handle,
      `what handle() of a ${isSender ? 'Sender' : 'Receiver'} returned`,
    );
  }
  return new EndLink(new ChannelMemory(buffer), isSender, name, new PortLane(port));
}

function checkCount(argument: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new InvalidArgumentError(argument, value, `a whole number from 1 to ${most}`);
  }
}
