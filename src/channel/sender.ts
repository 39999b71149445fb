import {
  ChannelClosedError,
  ChannelDeadlockError,
  ChannelEndMovedError,
  ChannelTimeoutError,
  ReceiverLostError,
} from './channel-errors.ts';
import type { EndHandle, EndLink } from './end-link.ts';
import { FrameWriter } from './frame-writer.ts';
import { afterTurn, mustTurn } from './loop-turn.ts';
import type { TransferList } from './parcels.ts';
import { BLOCKING_LOOKS, Patience } from './patience.ts';

/** How a value is sent. */
export interface SendOptions {
  /** Objects that are moved to the receiver and unusable here afterwards. */
  readonly transfer?: TransferList;
}

/** How a blocking call waits. */
export interface BlockOptions {
  /** Gives up after this many milliseconds with a `ChannelTimeoutError`. Default: never. */
  readonly timeoutMs?: number;
}

/** How a channel fails. */
export interface FailOptions {
  /** The error overtakes the items that were not received yet. Default false. */
  readonly isUrgent?: boolean;
}

interface PendingSend<T> {
  readonly value: T;
  readonly transfer: TransferList | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const DONE: Promise<void> = Promise.resolve();

/**
 * The end of a channel that values are sent to. Made by `channel()` or `openSender()`.
 *
 * @example
 * ```ts
 * import { channel } from 'backbeat';
 * const { sender, receiver } = channel<number>({ capacity: 4 });
 * await sender.send(1);
 * sender.close();
 * for await (const value of receiver) console.log(value); // 1
 * ```
 */
export class Sender<T> {
  readonly #link: EndLink;
  readonly #writer: FrameWriter;
  readonly #patience = new Patience(BLOCKING_LOOKS);
  readonly #hasMoreRoom = (): boolean => this.#writer.hasMoreRoom();
  /** Sends that wait for room, in order; `#pendingFrom` is the first of them. */
  #pending: PendingSend<T>[] = [];
  #pendingFrom = 0;
  readonly #hasRoomOrStop = (): boolean => this.#writer.hasMoreRoom() || this.#link.wantsStop;
  /** Waits for room without a value. */
  #roomWaiter: (() => void) | undefined;
  #isWaiting = false;
  #closing: { error: unknown } | 'end' | undefined;

  /** @internal */
  constructor(link: EndLink) {
    this.#link = link;
    this.#writer = new FrameWriter(link.memory, link.parcels);
    link.watch(this);
  }

  /** Name given to the channel. */
  get name(): string {
    return this.#link.name;
  }

  /** Items that the channel may hold. */
  get capacity(): number {
    return this.#link.memory.capacity;
  }

  /** Items sent and not received yet, without sends that still wait for room. */
  get waiting(): number {
    return this.#writer.waiting;
  }

  /** True once this end was closed or handed over. */
  get isClosed(): boolean {
    return !this.#link.isOpen || this.#closing !== undefined;
  }

  /**
   * Sends if there is room now; false when there is none.
   *
   * @throws ChannelClosedError `BACKBEAT_CHANNEL_CLOSED` when either end was closed.
   * @throws ReceiverLostError `BACKBEAT_CHANNEL_RECEIVER_LOST` when the receiver's isolate ended.
   */
  trySend(value: T, options?: SendOptions): boolean {
    if (this.#closing !== undefined || !this.#link.isOpen) this.#refuse();
    if (this.#pendingFrom < this.#pending.length) {
      if (!this.#writer.hasRoom()) return false;
      this.#servePending();
      if (this.#pendingFrom < this.#pending.length) return false;
    }
    return this.#write(value, options?.transfer);
  }

  /**
   * Sends as many of the values, in order, as there is room for now, and wakes the receiver once.
   * Errors as for `trySend`, for the first value; a later one that fails ends the batch before it.
   *
   * @returns How many were sent.
   */
  trySendMany(values: readonly T[]): number {
    if (this.#closing !== undefined || !this.#link.isOpen || this.#link.isOtherGone) this.#refuse();
    if (this.#pendingFrom < this.#pending.length) return 0;
    let sent = 0;
    try {
      for (let before = -1; sent < values.length && sent > before; ) {
        before = sent;
        sent = this.#writer.writeSome(values, sent);
      }
    } catch (error) {
      if (sent === 0) throw error;
    }
    if (sent > 0 && this.#link.isOtherUneasy) this.#link.wakeOther();
    return sent;
  }

  /**
   * Sends, as soon as there is room. Until the promise is settled, the value and its parts belong
   * to the channel. Errors as for `trySend`.
   */
  send(value: T, options?: SendOptions): Promise<void> {
    try {
      if (this.trySend(value, options)) return mustTurn() ? afterTurn(undefined) : DONE;
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ value, transfer: options?.transfer, resolve, reject });
      this.#waitForRoom();
    });
  }

  /**
   * Sends and blocks this thread until there is room.
   *
   * @throws ChannelDeadlockError `BACKBEAT_CHANNEL_DEADLOCK` when the receiver is on this thread.
   * @throws ChannelTimeoutError `BACKBEAT_CHANNEL_TIMEOUT` after `timeoutMs`.
   */
  sendSync(value: T, options?: SendOptions & BlockOptions): void {
    if (this.trySend(value, options)) return;
    const timeoutMs = options?.timeoutMs;
    const untilMs =
      timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
    do {
      if (!this.#blockForRoom(untilMs)) throw new ChannelTimeoutError(this.name, timeoutMs ?? 0);
    } while (!this.trySend(value, options));
  }

  /** @internal */
  get isReceiverGone(): boolean {
    return this.#link.isOtherGone;
  }

  /** @internal Whether the receiver wants no more, or is gone. */
  get isUnwanted(): boolean {
    const link = this.#link;
    return link.isOtherUneasy && (link.isOtherGone || link.wantsStop);
  }

  /**
   * @internal Blocks this thread, after a send found no room, until another try is worth it; false
   * when the receiver wants no more.
   */
  waitForRoomSync(): boolean {
    this.#blockForRoom(Number.POSITIVE_INFINITY, this.#hasRoomOrStop);
    return !this.#link.wantsStop;
  }

  /** @internal As `waitForRoomSync`, in the event loop. */
  waitForRoom(): Promise<boolean> {
    return new Promise((resolve) => {
      const look = (): void => resolve(!this.#link.wantsStop);
      if (this.#link.waitInLoop(this, this.#hasRoomOrStop)) {
        this.#isWaiting = true;
        this.#roomWaiter = look;
      } else queueMicrotask(look);
    });
  }

  /**
   * Sends all values in order, many per publication. Settles when the last one is in the channel.
   */
  async sendMany(values: readonly T[]): Promise<void> {
    let sent = 0;
    while (sent < values.length) {
      const from = sent;
      sent = this.#writeSome(values, from);
      if (sent === from) await this.send(values[sent++]!);
    }
  }

  /** Sends all values in order and blocks this thread until the last one is in the channel. */
  sendManySync(values: readonly T[], options?: BlockOptions): void {
    let sent = 0;
    while (sent < values.length) {
      const from = sent;
      sent = this.#writeSome(values, from);
      if (sent === from) this.sendSync(values[sent++]!, options);
    }
  }

  /**
   * Ends the channel: the receiver gets what was sent before, also by sends that still wait, and
   * then the end. With an error it gets that after the items.
   */
  close(error?: unknown): void {
    if (this.isClosed) return;
    this.#closing = error === undefined ? 'end' : { error };
    if (this.#pendingFrom === this.#pending.length) this.#finish();
  }

  /**
   * Ends the channel by an error, `undefined` included. The receiver gets it after the items, or,
   * with `isUrgent`, at its next receive: items that it has not taken by then are dropped.
   */
  fail(error: unknown, options?: FailOptions): void {
    if (this.isClosed) return;
    this.#closing = { error };
    if (options?.isUrgent === true) {
      this.#link.hurry();
      const dropped = this.#pending.splice(this.#pendingFrom);
      for (const { reject } of dropped) reject(new ChannelClosedError(this.name, 'it has failed'));
    }
    if (this.#pendingFrom === this.#pending.length) this.#finish();
  }

  /** Closes, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Gives this end away: post the handle with its port in the transfer list, and open it there with
   * `openSender`. This object is closed afterwards.
   *
   * @example
   * ```ts
   * import { channel } from 'backbeat';
   * const { sender } = channel<number>();
   * const handle = sender.handle();
   * new MessageChannel().port1.postMessage(handle, [handle.port]);
   * ```
   */
  handle(): EndHandle {
    if (this.isClosed || this.#pendingFrom < this.#pending.length) this.#refuse();
    this.#writer.storeState();
    return this.#link.move();
  }

  /** @internal */
  onWake(): void {
    this.#isWaiting = false;
    this.#link.stopWaiting();
    const look = this.#roomWaiter;
    this.#roomWaiter = undefined;
    look?.();
    this.#servePending();
  }

  #write(value: T, transfer: TransferList | undefined): boolean {
    if (this.#link.isOtherUneasy && this.#link.isOtherGone) this.#refuse();
    if (!this.#writer.write(value, transfer)) return false;
    if (this.#link.isOtherUneasy) this.#link.wakeOther();
    return true;
  }

  #writeSome(values: readonly T[], from: number): number {
    if (this.isClosed || this.#link.isOtherGone) this.#refuse();
    if (this.#pendingFrom < this.#pending.length) return from;
    const sent = this.#writer.writeSome(values, from);
    if (sent > from && this.#link.isOtherUneasy) this.#link.wakeOther();
    return sent;
  }

  /** Looks for a while, then sleeps. False when the time is up. */
  #blockForRoom(untilMs: number, isReady = this.#hasMoreRoom): boolean {
    const link = this.#link;
    if (this.#pendingFrom < this.#pending.length || link.isOtherHere) {
      throw new ChannelDeadlockError(this.name, 'sendSync', 'send');
    }
    for (let look = this.#patience.looks; look > 0; look--) {
      if (this.#writer.hasMoreRoom()) {
        this.#patience.paid();
        return true;
      }
    }
    this.#patience.failed();
    return link.block(isReady, untilMs);
  }

  #waitForRoom(): void {
    if (this.#isWaiting) return;
    if (this.#link.waitInLoop(this, this.#hasMoreRoom)) this.#isWaiting = true;
    else queueMicrotask(() => this.#servePending());
  }

  /** Writes what waits, as far as there is room. */
  #servePending(): void {
    while (this.#pendingFrom < this.#pending.length) {
      const { value, transfer, resolve, reject } = this.#pending[this.#pendingFrom]!;
      try {
        if (!this.#write(value, transfer)) {
          this.#waitForRoom();
          return;
        }
        resolve();
      } catch (error) {
        reject(error);
      }
      this.#pendingFrom++;
    }
    this.#pending = [];
    this.#pendingFrom = 0;
    if (this.#isWaiting) {
      this.#isWaiting = false;
      this.#link.stopWaiting();
    }
    if (this.#closing !== undefined) this.#finish();
  }

  #finish(): void {
    if (!this.#link.isOpen) return;
    if (this.#closing === 'end' || this.#closing === undefined) this.#writer.writeEnd();
    else this.#writer.writeFailure(this.#closing.error);
    this.#link.close();
  }

  #refuse(): never {
    if (this.#link.wasMoved) throw new ChannelEndMovedError(this.name);
    if (this.#closing !== undefined) throw new ChannelClosedError(this.name, 'this end was closed');
    const isLost = this.#link.isOtherLost;
    // Nothing can be sent any more, so there is nothing to hold.
    this.#link.close();
    if (isLost) throw new ReceiverLostError(this.name);
    throw new ChannelClosedError(this.name, 'the receiver was closed');
  }
}
