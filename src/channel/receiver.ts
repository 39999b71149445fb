import { performance } from 'node:perf_hooks';
import { InvalidArgumentError } from '../errors.ts';
import {
  ChannelClosedError,
  ChannelDeadlockError,
  ChannelEndMovedError,
  ChannelTimeoutError,
  SenderLostError,
} from './channel-errors.ts';
import type { EndHandle, EndLink } from './end-link.ts';
import { ENDED, FAILED, FrameReader, ITEM, type NativeDecoder, NOTHING } from './frame-reader.ts';
import { blockingIterator, loopIterator } from './item-iterators.ts';
import { afterTurn, mustTurn } from './loop-turn.ts';
import { BLOCKING_LOOKS, LOOP_LOOKS, LOOP_TURNS, Patience } from './patience.ts';
import type { BlockOptions } from './sender.ts';

interface PendingReceive {
  readonly resolve: (state: number) => void;
  readonly reject: (error: unknown) => void;
}

const DEFAULT_BATCH = 1024;
/** Items that follow each other within this are taken in quick succession. */
const QUICK_MS = 0.02;
const readClock = performance.now.bind(performance);
const afterLoopPhase = setImmediate;

/**
 * The end of a channel that values are received from. Made by `channel()` or `openReceiver()`.
 *
 * What was sent before the end or before an error is received first. The end is sticky: whoever
 * asks again gets it again. An error is thrown once, then it is the end.
 *
 * @example
 * ```ts
 * import { channel } from 'backbeat';
 * const { sender, receiver } = channel<string>();
 * sender.trySend('a');
 * sender.close();
 * for await (const value of receiver) console.log(value); // a
 * ```
 */
export class Receiver<T> implements AsyncIterable<T> {
  readonly #link: EndLink;
  readonly #reader: FrameReader;
  readonly #blocking = new Patience(BLOCKING_LOOKS);
  readonly #looping = new Patience(LOOP_LOOKS);
  readonly #turning = new Patience(LOOP_TURNS);
  readonly #hasFrames = (): boolean => this.#reader.hasFrames();
  /** Receives that wait, in order. */
  #pending: PendingReceive[] = [];
  #isWaiting = false;
  #hasEnded = false;
  #wokeSenderAtMs = 0;
  #isWakeQueued = false;

  /** @internal */
  constructor(link: EndLink, decodeNative?: NativeDecoder) {
    this.#link = link;
    this.#reader = new FrameReader(link.memory, link.parcels, decodeNative);
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

  /** Items that could be received now; the end counts as one. */
  get waiting(): number {
    return this.#hasEnded ? 0 : this.#reader.waiting;
  }

  /** True once the end was received, or this end was closed or handed over. */
  get isClosed(): boolean {
    return this.#hasEnded || !this.#link.isOpen;
  }

  /**
   * What is there now: an item, the end, or `undefined` when nothing is.
   *
   * @throws the error that the sender ended with.
   * @throws SenderLostError `BACKBEAT_CHANNEL_SENDER_LOST` when its isolate ended without closing.
   */
  tryReceive(): IteratorResult<T, undefined> | undefined {
    if (this.#pending.length > 0) return undefined;
    const state = this.#takeOne();
    return state === NOTHING ? undefined : this.#result(state);
  }

  /** The next item or the end, as soon as it is there. Errors as for `tryReceive`. */
  receive(): Promise<IteratorResult<T, undefined>> {
    try {
      const state = this.#pending.length > 0 ? NOTHING : this.#takeOrLook(this.#looping);
      if (state !== NOTHING) {
        const result = this.#result(state);
        return mustTurn() ? afterTurn(result) : Promise.resolve(result);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#pend({ resolve: (state) => resolve(this.#result(state)), reject });
    });
  }

  /**
   * Everything that is there, at most `max` items, as soon as there is anything; an empty array is
   * the end. Much cheaper per item than `receive` when the sender is fast.
   */
  receiveMany(max: number = DEFAULT_BATCH): Promise<T[]> {
    checkMax(max);
    try {
      const state = this.#pending.length > 0 ? NOTHING : this.#takeOrLook(this.#looping);
      if (state !== NOTHING) {
        const batch = this.#batch(state, max);
        return mustTurn() ? afterTurn(batch) : Promise.resolve(batch);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#pend({ resolve: (state) => resolve(this.#batch(state, max)), reject });
    });
  }

  /**
   * The next item or the end; blocks this thread until it is there.
   *
   * @throws ChannelDeadlockError `BACKBEAT_CHANNEL_DEADLOCK` when the sender is on this thread.
   * @throws ChannelTimeoutError `BACKBEAT_CHANNEL_TIMEOUT` after `timeoutMs`.
   */
  receiveSync(options?: BlockOptions): IteratorResult<T, undefined> {
    return this.#result(this.#blockForOne(options?.timeoutMs));
  }

  /** As `receiveMany`, blocking this thread as `receiveSync` does. */
  receiveManySync(max: number = DEFAULT_BATCH, options?: BlockOptions): T[] {
    checkMax(max);
    return this.#batch(this.#blockForOne(options?.timeoutMs), max);
  }

  /** Items in order. Leaving the loop early closes the channel. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return loopIterator(this);
  }

  /** Items in order, for a loop that blocks its thread. Leaving it early closes the channel. */
  sync(): IterableIterator<T, undefined> {
    return blockingIterator(this);
  }

  /**
   * Receives no more. Items that were sent and not received are dropped; the sender's next send
   * fails with `ChannelClosedError`.
   */
  close(): void {
    if (!this.#link.isOpen) return;
    this.#hasEnded = true;
    this.#link.close();
    for (const { resolve } of this.#pending.splice(0)) resolve(ENDED);
  }

  /** @internal Asks the sender for no more; what was sent is still received. */
  requestStop(): void {
    if (this.#link.isOpen) this.#link.requestStop();
  }

  /** @internal Whether the sender was opened where it was handed to. */
  get isSenderOpen(): boolean {
    return this.#link.isOtherOpen;
  }

  /** Closes, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Gives this end away, as `Sender.handle` does. Open it with `openReceiver`. */
  handle(): EndHandle {
    if (this.#pending.length > 0) {
      throw new ChannelClosedError(this.name, 'an end that waits cannot be handed over');
    }
    this.#checkOwned();
    if (this.isClosed) throw new ChannelClosedError(this.name, 'this end was closed');
    // An item that could not be read was taken, too.
    this.#reader.release();
    return this.#link.move();
  }

  /** @internal */
  onWake(): void {
    this.#isWaiting = false;
    this.#link.stopWaiting();
    this.#servePending();
  }

  /** Takes one frame and gives its room back. */
  #takeOne(): number {
    if (this.#hasEnded) return ENDED;
    const state = this.#takeFrame();
    if (state === ITEM) this.#release();
    return state;
  }

  #takeFrame(): number {
    let state = this.#reader.take();
    if (state === ITEM && this.#link.isOtherUneasy && this.#link.isOtherInAHurry) {
      while (state === ITEM) state = this.#reader.take();
    }
    if (state === ITEM) return ITEM;
    if (state === NOTHING) return this.#takeLoss();
    this.#end();
    return state;
  }

  /** Nothing is there: perhaps because nobody is. */
  #takeLoss(): number {
    this.#checkOwned();
    if (!this.#link.isOtherUneasy || !this.#link.isOtherLost) return NOTHING;
    // It may have sent right before.
    if (this.#reader.hasFrames()) return this.#takeFrame();
    this.#end();
    this.#reader.value = new SenderLostError(this.name);
    return FAILED;
  }

  #release(): void {
    this.#reader.release();
    if (this.#link.isOtherUneasy) this.#wakeSender();
  }

  /**
   * A sender that waits for room is woken at once. When items are being taken in quick succession,
   * it is woken when half of the channel is free: else it would be woken for each item again.
   */
  #wakeSender(): void {
    const nowMs = readClock();
    const isQuick = nowMs - this.#wokeSenderAtMs < QUICK_MS;
    this.#wokeSenderAtMs = nowMs;
    if (!isQuick || 2 * this.#reader.waiting <= this.capacity) {
      this.#link.wakeOther();
    } else if (!this.#isWakeQueued) {
      this.#isWakeQueued = true;
      afterLoopPhase(() => {
        this.#isWakeQueued = false;
        if (this.#link.isOpen) this.#link.wakeOther();
      });
    }
  }

  #end(): void {
    this.#hasEnded = true;
    this.#link.close();
  }

  #result(state: number): IteratorResult<T, undefined> {
    if (state === ITEM) return { value: this.#reader.value as T, done: false };
    if (state === FAILED) throw this.#reader.value;
    return { value: undefined, done: true };
  }

  /** The item that was just taken, and what lies behind it. */
  #batch(state: number, max: number): T[] {
    if (state === FAILED) throw this.#reader.value;
    if (state === ENDED) return [];
    const reader = this.#reader;
    const items: unknown[] = [reader.value];
    let released = 1;
    while (items.length < max && reader.hasFrames()) {
      const count = items.length;
      reader.takeNumbers(items, max);
      if (items.length === count) {
        if (reader.peeksEnd() || reader.take() !== ITEM) break;
        items.push(reader.value);
      }
      // The sender shall get room while the rest is being taken.
      if (items.length - released >= reader.share) {
        released = items.length;
        this.#release();
      }
    }
    this.#release();
    return items as T[];
  }

  /** Takes one, looking for it a while when the sender is known to be quick. */
  #takeOrLook(patience: Patience): number {
    const state = this.#takeOne();
    if (state !== NOTHING) return state;
    for (let look = patience.looks; look > 0; look--) {
      if (this.#reader.hasFrames()) {
        patience.paid();
        return this.#takeOne();
      }
    }
    patience.failed();
    return NOTHING;
  }

  #blockForOne(timeoutMs: number | undefined): number {
    if (this.#pending.length > 0) {
      throw new ChannelDeadlockError(this.name, 'receiveSync', 'receive');
    }
    const untilMs =
      timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
    for (;;) {
      const state = this.#takeOrLook(this.#blocking);
      if (state !== NOTHING) return state;
      if (this.#link.isOtherHere) {
        throw new ChannelDeadlockError(this.name, 'receiveSync', 'receive');
      }
      const isInTime = this.#link.block(this.#hasFrames, untilMs);
      if (!isInTime) throw new ChannelTimeoutError(this.name, timeoutMs ?? 0);
    }
  }

  #pend(pending: PendingReceive): void {
    this.#pending.push(pending);
    if (!this.#isWaiting) this.#lookInTurns(this.#turning.looks);
  }

  /** Looks once in each turn of the loop for a while, then lets itself be woken. */
  #lookInTurns(turns: number): void {
    this.#isWaiting = true;
    if (turns === 0) {
      this.#turning.failed();
      this.#sleepInLoop();
      return;
    }
    afterLoopPhase(() => {
      if (!this.#reader.hasFrames() && !this.#link.isOtherGone) {
        this.#lookInTurns(this.#pending.length === 0 ? 0 : turns - 1);
        return;
      }
      this.#turning.paid();
      this.#isWaiting = false;
      this.#servePending();
    });
  }

  #sleepInLoop(): void {
    if (this.#pending.length === 0 || !this.#link.waitInLoop(this, this.#hasFrames)) {
      queueMicrotask(() => this.onWake());
    }
  }

  /** Hands what is there to those who wait. */
  #servePending(): void {
    let served = 0;
    while (served < this.#pending.length) {
      const { resolve, reject } = this.#pending[served]!;
      let state = NOTHING;
      try {
        state = this.#takeOne();
        if (state === NOTHING) break;
        if (state === FAILED) reject(this.#reader.value);
        else resolve(state);
      } catch (error) {
        reject(error);
      }
      served++;
    }
    this.#pending.splice(0, served);
    if (this.#pending.length > 0 && !this.#isWaiting) this.#lookInTurns(this.#turning.looks);
  }

  #checkOwned(): void {
    if (this.#link.wasMoved) throw new ChannelEndMovedError(this.name);
  }
}

function checkMax(max: number): void {
  if (!(max >= 1)) throw new InvalidArgumentError('max', max, 'a number of items, at least 1');
}
