/**
 * The reading end of the ring: turns frames back into values. Never waits.
 */
import { decodeError } from '../lane/error-codec.ts';
import { decodeValue } from '../lane/value-codec.ts';
import {
  CELL_DOUBLES,
  CELL_WORDS,
  type ChannelMemory,
  END,
  FAILURE,
  HEAD,
  NUMBER,
  PARCEL,
  PARCEL_FAILURE,
  PAYLOAD_HEAD,
  PAYLOAD_TAKEN,
  PLAIN_LOADS,
  shareOf,
  TAIL,
  VALUE,
} from './channel-memory.ts';
import type { ParcelLane } from './parcels.ts';

/** What {@link FrameReader.take} found. */
export const NOTHING = 0;
export const ITEM = 1;
export const ENDED = 2;
export const FAILED = 3;

/** Reads a payload that a native producer wrote. */
export type NativeDecoder = (kind: number, at: number, length: number) => unknown;

/** See the head of the file. */
export class FrameReader {
  /** The item, or the error, that was taken last. */
  value: unknown;
  /** After how many items their room should be given back. */
  readonly share: number;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #memory: ChannelMemory;
  readonly #cellMask: number;
  readonly #decodeNative: NativeDecoder;
  #parcels: ParcelLane;
  #head: number;
  /** The sender's tail as last seen: never ahead of the real one. */
  #tailSeen: number;
  /** Payload taken so far; the sender is told when room is given back. */
  #payloadHead: number;
  #payloadTaken: number;
  #payloadTold: number;

  constructor(
    memory: ChannelMemory,
    parcels: ParcelLane,
    decodeNative: NativeDecoder = refuseKind,
  ) {
    this.#memory = memory;
    this.#decodeNative = decodeNative;
    this.#words = memory.words;
    this.#doubles = memory.doubles;
    this.#cellMask = memory.cellMask;
    this.share = shareOf(memory.capacity);
    this.#parcels = parcels;
    this.#head = Atomics.load(memory.words, HEAD);
    this.#tailSeen = this.#head;
    this.#payloadHead = memory.words[PAYLOAD_HEAD]!;
    this.#payloadTaken = memory.words[PAYLOAD_TAKEN]!;
    this.#payloadTold = this.#payloadTaken;
  }

  /** Whether a frame waits. */
  hasFrames(): boolean {
    return this.#head !== this.#tailSeen || this.#lookForFrames();
  }

  /** Frames that wait, the end counted as one. */
  get waiting(): number {
    this.#tailSeen = Atomics.load(this.#words, TAIL);
    return (this.#tailSeen - this.#head) | 0;
  }

  #lookForFrames(): boolean {
    if (PLAIN_LOADS) {
      this.#tailSeen = this.#words[TAIL]!;
      if (this.#head !== this.#tailSeen) return true;
    }
    // Not only for other processors: a loop around a plain load may be compiled into one load.
    this.#tailSeen = Atomics.load(this.#words, TAIL);
    return this.#head !== this.#tailSeen;
  }

  /** Takes the next frame into `value`. Its room is given back by {@link FrameReader.release}. */
  take(): number {
    if (this.#head === this.#tailSeen && !this.#lookForFrames()) return NOTHING;
    const cell = this.#head & this.#cellMask;
    this.#head = (this.#head + 1) | 0;
    const kind = this.#words[CELL_WORDS + 4 * cell]!;
    if (kind === NUMBER) {
      this.value = this.#doubles[CELL_DOUBLES + 2 * cell + 1]!;
      return ITEM;
    }
    return this.#takePayload(kind, CELL_WORDS + 4 * cell);
  }

  /**
   * Takes some numbers, up to `most` items in all, until something else comes; at most `share` of
   * them at once, so that their room can be given back while the rest is being taken.
   */
  takeNumbers(into: unknown[], most: number): void {
    if (!this.hasFrames()) return;
    const tail = this.#tailSeen;
    let head = this.#head;
    let count = into.length;
    const end = Math.min(most, count + this.share);
    while (head !== tail && count < end) {
      const cell = head & this.#cellMask;
      if (this.#words[CELL_WORDS + 4 * cell] !== NUMBER) break;
      into.push(this.#doubles[CELL_DOUBLES + 2 * cell + 1]!);
      count++;
      head = (head + 1) | 0;
    }
    this.#head = head;
  }

  /** Whether the next frame, which must be there, is the end. */
  peeksEnd(): boolean {
    return this.#words[CELL_WORDS + 4 * (this.#head & this.#cellMask)]! >= END;
  }

  /** Gives the room of everything taken so far back to the sender. */
  release(): void {
    if (this.#payloadTold !== this.#payloadTaken) this.#releasePayload();
    Atomics.store(this.#words, HEAD, this.#head);
  }

  /**
   * Not for each item: the sender reads these words, and each of its looks at a line of memory that was
   * written meanwhile costs as much as a small item.
   */
  #releasePayload(): void {
    this.#payloadTold = this.#payloadTaken;
    if (PLAIN_LOADS) {
      this.#words[PAYLOAD_HEAD] = this.#payloadHead;
      this.#words[PAYLOAD_TAKEN] = this.#payloadTaken;
    } else {
      // After the reads of the payload, whatever order the processor likes.
      Atomics.store(this.#words, PAYLOAD_HEAD, this.#payloadHead);
      Atomics.store(this.#words, PAYLOAD_TAKEN, this.#payloadTaken);
    }
  }

  #tookPayload(length: number): void {
    this.#payloadTaken = (this.#payloadTaken + length) | 0;
    const untold = (this.#payloadTaken - this.#payloadTold) | 0;
    if (untold > this.#memory.payloadBytes >> 3) this.#releasePayload();
  }

  #takePayload(kind: number, at: number): number {
    const words = this.#words;
    const length = words[at + 1]!;
    const position = words[at + 2]!;
    switch (kind) {
      case VALUE:
      case FAILURE:
        this.value = this.#readPayload(kind, position, length);
        if (kind === VALUE) return ITEM;
        this.value = decodeError(this.value);
        return FAILED;
      case PARCEL:
      case PARCEL_FAILURE:
        this.#tookPayload(length);
        this.value = this.#parcels.take();
        if (kind === PARCEL) return ITEM;
        this.value = decodeError(this.value);
        return FAILED;
      case END:
        return ENDED;
      default:
        this.value = this.#readPayload(kind, position, length);
        return ITEM;
    }
  }

  #readPayload(kind: number, position: number, length: number): unknown {
    const { payloadAt, payloadBytes } = this.#memory;
    const at = payloadAt + (position & (payloadBytes - 1));
    try {
      return kind === VALUE || kind === FAILURE
        ? decodeValue(this.#memory, at)
        : this.#decodeNative(kind, at, length);
    } finally {
      this.#payloadHead = (position + ((length + 7) & ~7)) | 0;
      this.#tookPayload(length);
    }
  }
}

function refuseKind(kind: number): never {
  throw new Error(`the channel holds a frame of the unknown kind ${kind}`);
}
