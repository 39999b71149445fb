/**
 * The writing end of the ring: turns values into frames and publishes them. Never waits.
 */
import { encodeError } from '../lane/error-codec.ts';
import { NEEDS_PORT } from '../lane/value-codec.ts';
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
  PAYLOAD_SENT,
  PAYLOAD_TAIL,
  PAYLOAD_TAKEN,
  PLAIN_LOADS,
  shareOf,
  TAIL,
  VALUE,
} from './channel-memory.ts';
import { encodePayload } from './frame-codec.ts';
import type { ParcelLane, TransferList } from './parcels.ts';

/** Smaller buffers are copied faster than moved. */
const MIN_MOVED_BYTES = 1 << 14;
/** A batch is published when it has grown to this: what takes long to write shall not wait for long. */
const SHARE_BYTES = 1 << 14;

/** See the head of the file. */
export class FrameWriter {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #memory: ChannelMemory;
  readonly #cellMask: number;
  readonly #capacity: number;
  readonly #share: number;
  #parcels: ParcelLane;
  #tail: number;
  /** The receiver's head as last seen: never ahead of the real one. */
  #headSeen: number;
  #payloadTail: number;
  #payloadSent: number;
  /** The receiver's position in the payload as last seen: never ahead of the real one. */
  #payloadHeadSeen: number;

  constructor(memory: ChannelMemory, parcels: ParcelLane) {
    this.#memory = memory;
    this.#words = memory.words;
    this.#doubles = memory.doubles;
    this.#cellMask = memory.cellMask;
    this.#capacity = memory.capacity;
    this.#share = shareOf(memory.capacity);
    this.#parcels = parcels;
    this.#tail = Atomics.load(memory.words, TAIL);
    this.#headSeen = Atomics.load(memory.words, HEAD);
    this.#payloadTail = memory.words[PAYLOAD_TAIL]! >>> 0;
    this.#payloadSent = memory.words[PAYLOAD_SENT]!;
    this.#payloadHeadSeen = memory.words[PAYLOAD_HEAD]! >>> 0;
  }

  /** Whether the channel has room for one more item, its bytes left aside. */
  hasRoom(): boolean {
    return ((this.#tail - this.#headSeen) | 0) < this.#capacity || this.#lookForRoom();
  }

  /** Items that were not taken yet. */
  get waiting(): number {
    return (this.#tail - Atomics.load(this.#words, HEAD)) | 0;
  }

  /** Whether the receiver has taken anything since a write found no room. */
  hasMoreRoom(): boolean {
    return Atomics.load(this.#words, HEAD) !== this.#headSeen;
  }

  /** Looks at the receiver's head; true when an item would go in now. */
  #lookForRoom(): boolean {
    if (PLAIN_LOADS) {
      this.#headSeen = this.#words[HEAD]!;
      if (((this.#tail - this.#headSeen) | 0) < this.#capacity) return true;
    }
    // Not only for other processors: a loop around a plain load may be compiled into one load.
    this.#headSeen = Atomics.load(this.#words, HEAD);
    return ((this.#tail - this.#headSeen) | 0) < this.#capacity;
  }

  /**
   * Writes an item and publishes it; false when the channel has no room for it. Throws a
   * `DataCloneError` for what cannot be carried, and has then changed nothing.
   */
  write(value: unknown, transfer: TransferList | undefined): boolean {
    if (((this.#tail - this.#headSeen) | 0) >= this.#capacity && !this.#lookForRoom()) return false;
    if (typeof value === 'number') {
      const cell = this.#tail & this.#cellMask;
      this.#words[CELL_WORDS + 4 * cell] = NUMBER;
      this.#doubles[CELL_DOUBLES + 2 * cell + 1] = value;
    } else if (!this.#writeValue(value, transfer, VALUE, PARCEL)) return false;
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.#words, TAIL, this.#tail);
    return true;
  }

  /**
   * Writes some values from `from` on, as far as there is room; returns the position behind them.
   * Publishes once, and early enough that the receiver need not wait for a full channel. A value that
   * cannot be carried ends the batch before it; the first one throws as `write` does.
   */
  writeSome(values: ArrayLike<unknown>, from: number): number {
    if (!this.hasRoom()) return from;
    const room = this.#capacity - ((this.#tail - this.#headSeen) | 0);
    const to = Math.min(values.length, from + room, from + this.#share);
    const firstTail = this.#tail;
    const firstSent = this.#payloadSent;
    let at = from;
    try {
      while (at < to && ((this.#payloadSent - firstSent) | 0) < SHARE_BYTES) {
        at = this.#fillNumbers(values, at, to);
        if (at === to || !this.#writeValue(values[at], undefined, VALUE, PARCEL)) break;
        this.#tail = (this.#tail + 1) | 0;
        at++;
      }
    } catch (error) {
      if (at === from) throw error;
    }
    if (this.#tail !== firstTail) Atomics.store(this.#words, TAIL, this.#tail);
    return at;
  }

  /** Fills cells with numbers, up to the first value that is none. */
  #fillNumbers(values: ArrayLike<unknown>, from: number, to: number): number {
    let tail = this.#tail;
    let at = from;
    for (; at < to; at++) {
      const value = values[at];
      if (typeof value !== 'number') break;
      const cell = tail & this.#cellMask;
      this.#words[CELL_WORDS + 4 * cell] = NUMBER;
      this.#doubles[CELL_DOUBLES + 2 * cell + 1] = value;
      tail = (tail + 1) | 0;
    }
    this.#tail = tail;
    return at;
  }

  /** Writes the end, for which there is always room. */
  writeEnd(): void {
    const cell = this.#tail & this.#cellMask;
    this.#words[CELL_WORDS + 4 * cell] = END;
    this.#publish();
  }

  /** Writes the end by an error. */
  writeFailure(error: unknown): void {
    this.#writeValue(encodeError(error), undefined, FAILURE, PARCEL_FAILURE);
    this.#publish();
  }

  /** Stores what the next owner of this end goes on from. */
  storeState(): void {
    this.#words[PAYLOAD_TAIL] = this.#payloadTail | 0;
    this.#words[PAYLOAD_SENT] = this.#payloadSent;
  }

  #publish(): void {
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.#words, TAIL, this.#tail);
  }

  /** Fills the next cell; false when the bytes have no room. */
  #writeValue(
    value: unknown,
    transfer: TransferList | undefined,
    kind: number,
    parcelKind: number,
  ): boolean {
    const isEnd = kind === FAILURE;
    if (transfer !== undefined && transfer.length > 0 && !isCheaperToCopy(value, transfer)) {
      return this.#writeParcel(value, transfer, parcelKind, transferBytes(transfer), isEnd);
    }
    const memory = this.#memory;
    const size = memory.payloadBytes;
    let used = (this.#payloadTail - this.#payloadHeadSeen) >>> 0;
    // Looked at now and then only: the receiver writes there all the time.
    if (used > size >> 1) used = this.#lookForBytes();
    const offset = this.#payloadTail & (size - 1);
    // In one piece: up to the ring's end, or else from its beginning.
    const free = size - used;
    const left = Math.min(size - offset, free);
    let length = encodePayload(memory, memory.payloadAt + offset, left, value);
    let position = this.#payloadTail;
    if (length < 0) {
      const beyond = free - left;
      if (-length > beyond || left === free) {
        return this.#writeParcel(value, undefined, parcelKind, -length, isEnd);
      }
      length = encodePayload(memory, memory.payloadAt, beyond, value);
      if (length < 0) return this.#writeParcel(value, undefined, parcelKind, -length, isEnd);
      position = (position + size - offset) >>> 0;
    }
    if (length === NEEDS_PORT) return this.#writeParcel(value, undefined, parcelKind, 0, isEnd);
    if (!isEnd && !this.#fits(length)) return false;
    this.#fillCell(kind, length, position);
    this.#payloadTail = (position + ((length + 7) & ~7)) >>> 0;
    return true;
  }

  #writeParcel(
    value: unknown,
    transfer: TransferList | undefined,
    kind: number,
    length: number,
    isEnd: boolean,
  ): boolean {
    if (!isEnd && !this.#fits(length)) return false;
    this.#parcels.post(value, transfer);
    this.#fillCell(kind, length, this.#payloadTail);
    return true;
  }

  #fillCell(kind: number, length: number, position: number): void {
    const at = CELL_WORDS + 4 * (this.#tail & this.#cellMask);
    this.#words[at] = kind;
    this.#words[at + 1] = length;
    this.#words[at + 2] = position | 0;
    this.#payloadSent = (this.#payloadSent + length) | 0;
  }

  /** A channel that holds nothing takes an item of any size. */
  #fits(length: number): boolean {
    if (this.#memory.maxBytes === Number.POSITIVE_INFINITY || this.#isEmpty()) return true;
    const held = (this.#payloadSent - this.#words[PAYLOAD_TAKEN]!) | 0;
    return held + length <= this.#memory.maxBytes;
  }

  /** Bytes of the ring that the receiver has not given back. */
  #lookForBytes(): number {
    if (this.#isEmpty()) this.#payloadHeadSeen = this.#payloadTail;
    else {
      const words = this.#words;
      const head = PLAIN_LOADS ? words[PAYLOAD_HEAD]! : Atomics.load(words, PAYLOAD_HEAD);
      this.#payloadHeadSeen = head >>> 0;
    }
    return (this.#payloadTail - this.#payloadHeadSeen) >>> 0;
  }

  #isEmpty(): boolean {
    this.#headSeen = PLAIN_LOADS ? this.#words[HEAD]! : Atomics.load(this.#words, HEAD);
    return this.#headSeen === this.#tail;
  }
}

function transferBytes(transfer: TransferList): number {
  let sum = 0;
  for (const item of transfer) if (item instanceof ArrayBuffer) sum += item.byteLength;
  return sum;
}

/** A small buffer, alone. */
function isCheaperToCopy(value: unknown, transfer: TransferList): boolean {
  if (transfer.length !== 1) return false;
  const [moved] = transfer;
  if (!(moved instanceof ArrayBuffer) || moved.byteLength >= MIN_MOVED_BYTES) return false;
  return value === moved || (ArrayBuffer.isView(value) && value.buffer === moved);
}
