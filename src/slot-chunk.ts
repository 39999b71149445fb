/**
 * A run of slots: the records that are shared with the core, and the callbacks that never leave
 * JavaScript. The methods take the number of a slot of this chunk, within the process; they are the
 * only place that knows where a field lies (with `crates/core/src/slot.rs` on the other side).
 */
import { CHUNK_SLOTS, META_PARITY } from './shared-memory.ts';
import { STORES_STAY_IN_ORDER } from './store-order.ts';

/** Bytes of the records of a chunk. */
export const CHUNK_BYTES: number = 16 * CHUNK_SLOTS;

const INDEX_MASK = CHUNK_SLOTS - 1;
/** Bits of the meta word that are flags; those above count the uses of the slot. */
const FLAG_BITS = 7;
const GENERATION_STEP = 1 << FLAG_BITS;
/** Flags that belong to a use of a slot; the parity belongs to the slot. */
const FLAGS_OF_USE = (GENERATION_STEP - 1) & ~META_PARITY;

/** Where the callback of a slot stands among the cells of its chunk. */
export function cellAt(slot: number): number {
  return 2 * (slot & INDEX_MASK);
}

/** See the head of the file. */
export class SlotChunk {
  /** Deadlines of the slots `i`, at 2i. */
  readonly doubles: Float64Array;
  /** Tokens at 4i + 2, meta words at 4i + 3. */
  readonly words: Int32Array;
  /**
   * Callbacks at `cellAt(slot)`, arguments behind them. Of a free slot: `undefined` and the next free
   * slot. Filled, because V8 discards compiled code when an array changes its kind of elements.
   */
  readonly cells: unknown[] = new Array(2 * CHUNK_SLOTS).fill(undefined);
  /** Nanoseconds between the runs of recurring actors, by index; made when there is one. */
  intervals: Float64Array | undefined = undefined;

  constructor(buffer: ArrayBuffer, offset: number) {
    this.doubles = new Float64Array(buffer, offset, 2 * CHUNK_SLOTS);
    this.words = new Int32Array(buffer, offset, 4 * CHUNK_SLOTS);
  }

  deadlineNs(slot: number): number {
    return this.doubles[2 * (slot & INDEX_MASK)] as number;
  }

  setDeadlineNs(slot: number, deadlineNs: number): void {
    this.doubles[2 * (slot & INDEX_MASK)] = deadlineNs;
  }

  /** What queue entries of the slot must carry to be valid. */
  token(slot: number): number {
    return this.words[4 * (slot & INDEX_MASK) + 2] as number;
  }

  /** Makes all queue entries of the slot stale. Returns the new token. */
  raiseToken(slot: number): number {
    const token = (this.token(slot) + 1) | 0;
    this.words[4 * (slot & INDEX_MASK) + 2] = token;
    return token;
  }

  /** The flags, and above them the generation. */
  meta(slot: number): number {
    return this.words[4 * (slot & INDEX_MASK) + 3] as number;
  }

  setMeta(slot: number, meta: number): void {
    this.words[4 * (slot & INDEX_MASK) + 3] = meta;
  }

  /** How often the slot has been taken into use. */
  generation(slot: number): number {
    return this.meta(slot) >>> FLAG_BITS;
  }

  /** Begins another use, with its flags. False when all generations were used. */
  beginUse(slot: number, flags: number): boolean {
    const meta = ((this.meta(slot) & ~FLAGS_OF_USE) + GENERATION_STEP) | flags;
    this.setMeta(slot, meta);
    return meta >>> FLAG_BITS !== 0;
  }

  hasFlag(slot: number, flag: number): boolean {
    return (this.meta(slot) & flag) !== 0;
  }

  dropFlag(slot: number, flag: number): void {
    this.setMeta(slot, this.meta(slot) & ~flag);
  }

  /** Flips the parity, which the core sees behind everything that was written before. */
  flipParity(slot: number): void {
    const meta = this.meta(slot) ^ META_PARITY;
    if (STORES_STAY_IN_ORDER) this.setMeta(slot, meta);
    else Atomics.store(this.words, 4 * (slot & INDEX_MASK) + 3, meta);
  }

  /** The callback; `undefined` when the slot is free. */
  callback(slot: number): unknown {
    return this.cells[cellAt(slot)];
  }

  /** The callback's argument; of a free slot the next free one. */
  arg(slot: number): unknown {
    return this.cells[cellAt(slot) + 1];
  }

  setCall(slot: number, callback: unknown, arg: unknown): void {
    const at = cellAt(slot);
    this.cells[at] = callback;
    this.cells[at + 1] = arg;
  }

  /** The interval of a recurring actor. */
  intervalNs(slot: number): number {
    return (this.intervals as Float64Array)[slot & INDEX_MASK] as number;
  }

  setIntervalNs(slot: number, intervalNs: number): void {
    (this.intervals as Float64Array)[slot & INDEX_MASK] = intervalNs;
  }
}
