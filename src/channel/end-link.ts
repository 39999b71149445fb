/**
 * What both ends of a channel do alike: say how they wait, wake the other end, notice that it is
 * gone, close, and be handed over.
 *
 * The rule that loses no wake-up: who wants to sleep announces it and then looks once more; who
 * changes something looks at the announcement afterwards. Atomics keep one order for all.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ChannelEnd } from '../native.ts';
import { ChannelEndMovedError } from './channel-errors.ts';
import { type ChannelHub, channelHub, type WaitingEnd } from './channel-hub.ts';
import {
  type ChannelMemory,
  CLOSED,
  HUB_OFFSET,
  KEY_OFFSET,
  LOST,
  OPEN,
  RECEIVER_SIGNAL,
  SENDER_SIGNAL,
  STOPPING,
  URGENT,
  WAIT_BLOCKED,
  WAIT_LOOP,
  WAIT_MASK,
  WAIT_NATIVE,
} from './channel-memory.ts';
import type { ParcelLane } from './parcels.ts';

/**
 * A blocked end looks this often whether the isolate at the other end still lives: nobody is left
 * to wake it then. First soon, then once a second.
 */
const FIRST_BEAT_MS = 50;
const LAST_BEAT_MS = 1000;

/** A thread of the core at the other end, which is neither blocked script nor event loop. */
export interface NativePartner {
  /** Wakes it. */
  ring(): void;
  /** Blocks until it has written something, for some time at the longest. */
  waitForItems(): void;
  close(): void;
}

/** What `handle()` gives: post it with its port in the transfer list. */
export interface EndHandle {
  /** The memory of the channel, shared by both ends. */
  readonly buffer: SharedArrayBuffer;
  /** Carries what bytes cannot; it belongs into the transfer list of the message. */
  readonly port: MessagePort;
  /** Of the channel, as it stands in messages. */
  readonly name: string;
  /** True for `openSender`, false for `openReceiver`. */
  readonly isSender: boolean;
}

/** What remains of an end when it was dropped without being closed. */
interface Remains {
  readonly words: Int32Array;
  readonly own: number;
  readonly other: number;
  readonly end: ChannelEnd;
  readonly parcels: ParcelLane;
  readonly partner: NativePartner | undefined;
}

const dropped = new FinalizationRegistry<Remains>(
  ({ words, own, other, end, parcels, partner }) => {
    Atomics.or(words, own, LOST);
    end.forget();
    parcels.close();
    partner?.close();
    wakeEnd(words, other, channelHub(), partner);
  },
);

/** See the head of the file. */
export class EndLink {
  readonly memory: ChannelMemory;
  readonly name: string;
  readonly parcels: ParcelLane;
  readonly hub: ChannelHub;
  readonly #words: Int32Array;
  readonly #own: number;
  readonly #other: number;
  readonly #end: ChannelEnd;
  readonly #key: number;
  readonly #partner: NativePartner | undefined;
  #isOpen = true;
  #wasMoved = false;

  constructor(
    memory: ChannelMemory,
    isSender: boolean,
    name: string,
    parcels: ParcelLane,
    partner?: NativePartner,
  ) {
    this.memory = memory;
    this.name = name;
    this.parcels = parcels;
    this.#words = memory.words;
    this.#own = isSender ? SENDER_SIGNAL : RECEIVER_SIGNAL;
    this.#other = isSender ? RECEIVER_SIGNAL : SENDER_SIGNAL;
    this.#partner = partner;
    if ((Atomics.load(this.#words, this.#own) & OPEN) !== 0) throw new ChannelEndMovedError(name);
    this.hub = channelHub();
    this.#end = this.hub.openEnd(memory, isSender);
    this.#key = this.#end.key;
  }

  /** Lets the other end learn when `owner` is collected without having been closed. */
  watch(owner: object): void {
    dropped.register(
      owner,
      {
        words: this.#words,
        own: this.#own,
        other: this.#other,
        end: this.#end,
        parcels: this.parcels,
        partner: this.#partner,
      },
      this,
    );
  }

  /** False once closed or handed over. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get wasMoved(): boolean {
    return this.#wasMoved;
  }

  /** Whether the other end needs anything from us: it waits, or it is gone. */
  get isOtherUneasy(): boolean {
    return this.#words[this.#other] !== OPEN;
  }

  get isOtherClosed(): boolean {
    return (Atomics.load(this.#words, this.#other) & CLOSED) !== 0;
  }

  get isOtherLost(): boolean {
    return (Atomics.load(this.#words, this.#other) & (CLOSED | LOST)) === LOST;
  }

  get isOtherGone(): boolean {
    return (Atomics.load(this.#words, this.#other) & (CLOSED | LOST)) !== 0;
  }

  /** Whether the other end asks not to wait for the items before its error. */
  get isOtherInAHurry(): boolean {
    return (this.#words[this.#other]! & URGENT) !== 0;
  }

  /** Lets the error of this end overtake its items. */
  hurry(): void {
    Atomics.or(this.#words, this.#own, URGENT);
  }

  /** Whether the other end was opened where it was handed to. */
  get isOtherOpen(): boolean {
    return (Atomics.load(this.#words, this.#other) & OPEN) !== 0;
  }

  get wantsStop(): boolean {
    return (Atomics.load(this.#words, this.#other) & STOPPING) !== 0;
  }

  /** Asks the other end to send no more. */
  requestStop(): void {
    Atomics.or(this.#words, this.#own, STOPPING);
    this.wakeOther();
  }

  /** Whether both ends are on this thread, so that blocking could never end. */
  get isOtherHere(): boolean {
    const signal = Atomics.load(this.#words, this.#other);
    return (signal & OPEN) !== 0 && this.#words[this.#other + HUB_OFFSET] === this.hub.id;
  }

  /** Wakes the other end if it waits. After every change that it may wait for. */
  wakeOther(): void {
    wakeEnd(this.#words, this.#other, this.hub, this.#partner);
  }

  /**
   * Waits in the event loop: `end.onWake` is called after the next change. False when `isReady`
   * says after the announcement that there is nothing to wait for.
   */
  waitInLoop(end: WaitingEnd, isReady: () => boolean): boolean {
    Atomics.or(this.#words, this.#own, WAIT_LOOP);
    if (isReady() || this.isOtherGone) {
      Atomics.and(this.#words, this.#own, ~WAIT_MASK);
      return false;
    }
    this.hub.wait(this.#key, end);
    return true;
  }

  /** The event loop no longer needs to wait. */
  stopWaiting(): void {
    Atomics.and(this.#words, this.#own, ~WAIT_MASK);
    this.hub.stopWaiting(this.#key);
  }

  /** Blocks this thread until `isReady`, the other end is gone, or `untilMs`; false for the last. */
  block(isReady: () => boolean, untilMs: number): boolean {
    let beatMs = FIRST_BEAT_MS;
    for (;;) {
      Atomics.or(this.#words, this.#own, this.#partner ? WAIT_NATIVE : WAIT_BLOCKED);
      const announced = Atomics.load(this.#words, this.#own);
      if (isReady() || this.isOtherGone) {
        Atomics.and(this.#words, this.#own, ~WAIT_MASK);
        return true;
      }
      if (this.#partner) this.#partner.waitForItems();
      else if ((announced & WAIT_MASK) !== 0) {
        const leftMs = untilMs === Number.POSITIVE_INFINITY ? beatMs : untilMs - performance.now();
        Atomics.wait(this.#words, this.#own, announced, Math.min(beatMs, Math.max(leftMs, 0)));
        beatMs = Math.min(2 * beatMs, LAST_BEAT_MS);
      }
      if (untilMs !== Number.POSITIVE_INFINITY && performance.now() >= untilMs) {
        Atomics.and(this.#words, this.#own, ~WAIT_MASK);
        return isReady();
      }
    }
  }

  /** Closes this end and tells the other one. */
  close(): void {
    if (!this.#isOpen) return;
    Atomics.or(this.#words, this.#own, CLOSED);
    // Before the hub forgets this end: if the isolate is ended in between, the hub wakes instead.
    this.wakeOther();
    this.#leave();
    this.parcels.close();
    this.#partner?.close();
  }

  /** Gives the end away. The handle opens it again, here or in another isolate. */
  move(): EndHandle {
    const port = this.parcels.moveToPort();
    this.#wasMoved = true;
    this.#leave();
    Atomics.and(this.#words, this.#own, ~OPEN);
    return {
      buffer: this.memory.buffer,
      port,
      name: this.name,
      isSender: this.#own === SENDER_SIGNAL,
    };
  }

  #leave(): void {
    this.#isOpen = false;
    this.stopWaiting();
    dropped.unregister(this);
    this.#end.forget();
  }
}

function wakeEnd(
  words: Int32Array,
  end: number,
  hub: ChannelHub,
  partner: NativePartner | undefined,
): void {
  // Whoever takes the announcement wakes, and nobody else.
  switch (Atomics.and(words, end, ~WAIT_MASK) & WAIT_MASK) {
    case WAIT_BLOCKED:
      Atomics.notify(words, end);
      break;
    case WAIT_LOOP:
      hub.wake(words[end + HUB_OFFSET]!, words[end + KEY_OFFSET]!);
      break;
    case WAIT_NATIVE:
      partner?.ring();
      break;
  }
}
