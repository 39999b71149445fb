/**
 * The memory of one channel as JavaScript sees it. The layout is defined in `crates/core`
 * (`channel/memory.rs`), which says who writes what; both ends map the same buffer.
 */
import { BindingVersionError } from '../errors.ts';
import type { CharacterBytes, CodecMemory } from '../lane/codec-memory.ts';
import type { NativeBinding } from '../native.ts';

const VERSION = 1;

// Indices into the 32-bit view. Each group has a cache line of its own.
const VERSION_WORD = 0;
const CAPACITY_WORD = 1;
const CELLS_WORD = 2;
const PAYLOAD_BYTES_WORD = 3;
const MAX_BYTES_WORD = 4;
/** Cells published so far. Written by the sender. */
export const TAIL = 16;
/** What the next owner of the sender goes on from. Written when the end is handed over. */
export const PAYLOAD_TAIL = 17;
export const PAYLOAD_SENT = 18;
/** Cells taken so far. Written by the receiver, after what it gives back. */
export const HEAD = 32;
export const PAYLOAD_HEAD = 33;
export const PAYLOAD_TAKEN = 34;
/** Signal words of the ends; hub and key follow each. */
export const SENDER_SIGNAL = 48;
export const RECEIVER_SIGNAL = 64;
export const HUB_OFFSET = 1;
export const KEY_OFFSET = 2;

const CELLS_AT = 320;
const CELL_BYTES = 16;
/** First cell in the 32-bit view: kind, length, then the position of the payload. */
export const CELL_WORDS: number = CELLS_AT / 4;
/** First cell in the 64-bit view; the number is the second half of a cell. */
export const CELL_DOUBLES: number = CELLS_AT / 8;

/** Bits of a signal word: how the end waits. */
export const WAIT_MASK = 3;
export const WAIT_BLOCKED = 1;
export const WAIT_LOOP = 2;
export const WAIT_NATIVE = 3;
/** The end belongs to an isolate. */
export const OPEN = 4;
/** Closed by its owner. */
export const CLOSED = 8;
/** Its isolate has ended, or nobody held it any more, and it was not closed. */
export const LOST = 16;
/** Its error overtakes the items. */
export const URGENT = 32;
/** In the receiver's word: it wants nothing more, but still takes what was sent. */
export const STOPPING = 64;

/** Kinds of frames. */
export const NUMBER = 1;
export const VALUE = 2;
/** The value waits in the port beside the ring. */
export const PARCEL = 5;
/** From native producers: several texts, the beginning of one, and what went wrong with one. */
export const ASCII_BATCH = 16;
export const UTF8_BATCH = 17;
export const PART = 18;
export const FAULT = 19;
export const END = 32;
/** The end by an error, which is in the payload; `PARCEL_FAILURE`: which is in the port. */
export const FAILURE = 33;
export const PARCEL_FAILURE = 34;

const MIN_PAYLOAD_BYTES = 1 << 16;
const MAX_PAYLOAD_BYTES = 1 << 22;
/** Room per item that is provided for; what does not fit goes as a parcel, or waits. */
const PAYLOAD_BYTES_PER_ITEM = 2048;

/** Refuses a binary whose memory layout is another one. */
export function checkChannelLayout(binding: NativeBinding): void {
  const layout = binding.channelMemoryLayout();
  const fits =
    layout.version === VERSION &&
    layout.senderAt === SENDER_SIGNAL * 4 &&
    layout.receiverAt === RECEIVER_SIGNAL * 4 &&
    layout.cellsAt === CELLS_AT &&
    layout.cellBytes === CELL_BYTES;
  if (!fits) throw new BindingVersionError('this channel layout', 'another channel layout');
}

/** Views of a channel's buffer, and its geometry. */
export class ChannelMemory implements CodecMemory {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly doubles: Float64Array<SharedArrayBuffer>;
  readonly bytes: CharacterBytes;
  readonly capacity: number;
  readonly cellMask: number;
  readonly payloadAt: number;
  readonly payloadBytes: number;
  /** Bound in payload bytes; infinite without one. */
  readonly maxBytes: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.bytes = Buffer.from(buffer) as unknown as CharacterBytes;
    const cells = this.words[CELLS_WORD]!;
    this.capacity = this.words[CAPACITY_WORD]!;
    this.cellMask = cells - 1;
    this.payloadBytes = this.words[PAYLOAD_BYTES_WORD]!;
    this.payloadAt = CELLS_AT + cells * CELL_BYTES;
    this.maxBytes = this.words[MAX_BYTES_WORD] || Number.POSITIVE_INFINITY;
  }
}

/** The memory of a new channel. */
export function createChannelMemory(
  capacity: number,
  maxBytes: number | undefined,
  payloadBytesPerItem: number = PAYLOAD_BYTES_PER_ITEM,
): SharedArrayBuffer {
  // One cell more than items: the end must find room in a full channel.
  const cells = powerOfTwoFrom(capacity + 1);
  const wished = Math.min(capacity * payloadBytesPerItem, MAX_PAYLOAD_BYTES);
  const payloadBytes = powerOfTwoFrom(Math.max(wished, MIN_PAYLOAD_BYTES));
  const buffer = new SharedArrayBuffer(CELLS_AT + cells * CELL_BYTES + payloadBytes);
  const words = new Int32Array(buffer);
  words[VERSION_WORD] = VERSION;
  words[CAPACITY_WORD] = capacity;
  words[CELLS_WORD] = cells;
  words[PAYLOAD_BYTES_WORD] = payloadBytes;
  words[MAX_BYTES_WORD] = maxBytes ?? 0;
  return buffer;
}

/**
 * On x64 an ordinary load is as good as an atomic one, when a stale value only means to look again,
 * and V8 makes a call out of `Atomics.load`. Elsewhere the order of loads needs the atomic one.
 */
export const PLAIN_LOADS: boolean = process.arch === 'x64';

const LEAST_SHARE = 16;
const MOST_SHARE = 64;

/**
 * How many items a batch publishes, or gives back, at once: one end works on a part while the other
 * works on the next one. An announcement costs about as much as one or two items.
 */
export function shareOf(capacity: number): number {
  return Math.min(MOST_SHARE, Math.max(LEAST_SHARE, capacity >> 2));
}

function powerOfTwoFrom(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
