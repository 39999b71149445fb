/**
 * The slots of one isolate: which callback and argument an armed actor has, and the record that it
 * shares with the core.
 *
 * Slots live in chunks of 16,384. Of each slot the core reads 16 bytes (deadline, token, meta); the
 * callback and its argument never leave JavaScript. A slot in use costs 32 bytes here and 16 in
 * the queue.
 *
 * A handle is `generation * 2^28 + slot`. The generation counts the uses of a slot. A slot whose
 * generations are used up is retired, so that a handle can never come to mean another actor.
 */
import { BackbeatError } from './errors.ts';
import { CHUNK_SHIFT, CHUNK_SLOTS, META_PARITY, SLOT_MASK } from './shared-memory.ts';

/** Names an armed actor. A stale handle is recognised and has no effect. */
export type TimerHandle = number;

const INDEX_MASK = CHUNK_SLOTS - 1;
const HANDLE_BASE = SLOT_MASK + 1;
/** Meta bits below the generation. */
const META_FLAG_BITS = 7;
const FLAG_MASK = (1 << META_FLAG_BITS) - 1;
const GENERATION_STEP = 1 << META_FLAG_BITS;
const NO_SLOT = -1;
const CHUNK_BYTES = 16 * CHUNK_SLOTS;
/** An isolate with few actors takes its chunks one by one … */
const SMALL_CHUNKS = 4;
/** … one with many in slabs of 8 MB, large enough for huge pages. */
const CHUNKS_PER_SLAB = 32;

/** Lends memory to the core. */
export interface ChunkReceiver {
  addChunk(records: ArrayBuffer, offset: number): number;
  setIntervals(chunk: number, intervals: ArrayBuffer): boolean;
}

/** One chunk. Fields of slot `i`: doubles[2i], words[4i + 2], words[4i + 3], cells[2i], cells[2i + 1]. */
export class SlotChunk {
  readonly doubles: Float64Array;
  readonly words: Int32Array;
  /** Callback and argument, in turn. Of a free slot: `undefined` and the next free slot. */
  readonly cells: unknown[] = new Array(2 * CHUNK_SLOTS);
  intervals: Float64Array | undefined = undefined;

  constructor(buffer: ArrayBuffer, offset: number) {
    this.doubles = new Float64Array(buffer, offset, 2 * CHUNK_SLOTS);
    this.words = new Int32Array(buffer, offset, 4 * CHUNK_SLOTS);
  }
}

/** See the head of the file. */
export class SlotTable {
  /** By chunk number, which is unique in the process; other isolates' numbers are holes. */
  readonly #chunks: (SlotChunk | undefined)[] = [];
  readonly #receiver: ChunkReceiver;
  #slab = new ArrayBuffer(0);
  #slabUsed = 0;
  #chunkCount = 0;
  #firstFree = NO_SLOT;
  #nextFresh = 0;
  #endOfFresh = 0;

  constructor(receiver: ChunkReceiver) {
    this.#receiver = receiver;
  }

  /** The chunk of a slot that is known to exist. */
  chunkOf(slot: number): SlotChunk {
    return this.#chunks[slot >>> CHUNK_SHIFT] as SlotChunk;
  }

  /** Takes a slot into use. */
  take(callback: unknown, arg: unknown, flags: number): number {
    let slot = this.#firstFree;
    let chunk: SlotChunk;
    if (slot === NO_SLOT) {
      if (this.#nextFresh === this.#endOfFresh) this.#grow();
      slot = this.#nextFresh++;
      chunk = this.chunkOf(slot);
      // Generations start at 1, so that no handle is 0 and a handle is never falsy.
      chunk.words[4 * (slot & INDEX_MASK) + 3] = GENERATION_STEP;
    } else {
      chunk = this.chunkOf(slot);
      this.#firstFree = chunk.cells[2 * (slot & INDEX_MASK) + 1] as number;
    }
    const index = slot & INDEX_MASK;
    chunk.cells[2 * index] = callback;
    chunk.cells[2 * index + 1] = arg;
    const at = 4 * index + 3;
    chunk.words[at] = ((chunk.words[at] as number) & ~(FLAG_MASK & ~META_PARITY)) | flags;
    return slot;
  }

  /** Ends the use of a slot: handles and queue entries of it are stale from here on. */
  release(slot: number): void {
    const chunk = this.chunkOf(slot);
    const index = slot & INDEX_MASK;
    chunk.words[4 * index + 2] = ((chunk.words[4 * index + 2] as number) + 1) | 0;
    chunk.cells[2 * index] = undefined;
    const meta = ((chunk.words[4 * index + 3] as number) + GENERATION_STEP) | 0;
    chunk.words[4 * index + 3] = meta;
    // The generations have wrapped: the slot is retired.
    if (meta >>> META_FLAG_BITS === 0) chunk.cells[2 * index + 1] = undefined;
    else {
      chunk.cells[2 * index + 1] = this.#firstFree;
      this.#firstFree = slot;
    }
  }

  /** The handle of a slot in use. */
  handleOf(slot: number): TimerHandle {
    const meta = this.chunkOf(slot).words[4 * (slot & INDEX_MASK) + 3] as number;
    return (meta >>> META_FLAG_BITS) * HANDLE_BASE + slot;
  }

  /** How often a slot has been taken into use. */
  generationOf(slot: number): number {
    return (this.chunkOf(slot).words[4 * (slot & INDEX_MASK) + 3] as number) >>> META_FLAG_BITS;
  }

  /** The slot of a handle, or -1 when the handle is stale or was never one. */
  slotOf(handle: TimerHandle): number {
    const slot = handle & SLOT_MASK;
    const chunk = this.#chunks[slot >>> CHUNK_SHIFT];
    if (chunk === undefined) return NO_SLOT;
    const index = slot & INDEX_MASK;
    const generation = (chunk.words[4 * index + 3] as number) >>> META_FLAG_BITS;
    const isCurrent =
      generation * HANDLE_BASE + slot === handle && chunk.cells[2 * index] !== undefined;
    return isCurrent ? slot : NO_SLOT;
  }

  /** The table of intervals of a slot's chunk, made and lent to the core on first use. */
  intervalsOf(slot: number): Float64Array {
    const chunk = this.chunkOf(slot);
    if (chunk.intervals === undefined) {
      const intervals = new Float64Array(CHUNK_SLOTS);
      this.#receiver.setIntervals(slot >>> CHUNK_SHIFT, intervals.buffer);
      chunk.intervals = intervals;
    }
    return chunk.intervals;
  }

  /** Every slot in use, for the rare walk over all of them. */
  *slotsInUse(): Generator<number> {
    for (const [number, chunk] of this.#chunks.entries()) {
      for (let index = 0; chunk !== undefined && index < CHUNK_SLOTS; index++) {
        if (chunk.cells[2 * index] !== undefined) yield (number << CHUNK_SHIFT) | index;
      }
    }
  }

  /** Forgets all callbacks. */
  clear(): void {
    this.#chunks.length = 0;
    this.#firstFree = NO_SLOT;
    this.#endOfFresh = this.#nextFresh;
  }

  #grow(): void {
    if (this.#slabUsed === this.#slab.byteLength) {
      const chunks = this.#chunkCount < SMALL_CHUNKS ? 1 : CHUNKS_PER_SLAB;
      this.#slab = new ArrayBuffer(chunks * CHUNK_BYTES);
      this.#slabUsed = 0;
    }
    const number = this.#lend(this.#slab, this.#slabUsed);
    while (this.#chunks.length <= number) this.#chunks.push(undefined);
    this.#chunks[number] = new SlotChunk(this.#slab, this.#slabUsed);
    this.#slabUsed += CHUNK_BYTES;
    this.#chunkCount++;
    this.#nextFresh = number << CHUNK_SHIFT;
    this.#endOfFresh = this.#nextFresh + CHUNK_SLOTS;
  }

  #lend(records: ArrayBuffer, offset: number): number {
    try {
      return this.#receiver.addChunk(records, offset);
    } catch (cause) {
      throw new BackbeatError(
        'BACKBEAT_SLOTS_EXHAUSTED',
        `no more actors can be armed: the process has its ${HANDLE_BASE} slots in use`,
        { cause },
      );
    }
  }
}
