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
import { CHUNK_SHIFT, CHUNK_SLOTS, SLOT_MASK } from './shared-memory.ts';
import { CHUNK_BYTES, cellAt, SlotChunk } from './slot-chunk.ts';

/** Names an armed actor. A stale handle is recognised and has no effect. */
export type TimerHandle = number;

const HANDLE_BASE = SLOT_MASK + 1;
const NO_SLOT = -1;
/** An isolate with few actors takes its chunks one by one … */
const SMALL_CHUNKS = 4;
/** … one with many in slabs of 8 MB, large enough for huge pages. */
const CHUNKS_PER_SLAB = 32;

/** Lends memory to the core. */
export interface ChunkReceiver {
  addChunk(records: ArrayBuffer, offset: number): number;
  setIntervals(chunk: number, intervals: ArrayBuffer): boolean;
}

/** See the head of the file. */
export class SlotTable {
  /** By chunk number, which is unique in the process; other isolates' numbers are holes. */
  readonly #chunks: (SlotChunk | undefined)[] = [];
  /** The cells of each chunk, by its number: found without a look at the chunk itself. */
  readonly #cells: (unknown[] | undefined)[] = [];
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

  /** The array with the callback of a slot, at {@link cellAt}, and its argument behind that. */
  cellsOf(slot: number): unknown[] {
    return this.#cells[slot >>> CHUNK_SHIFT] as unknown[];
  }

  /** Takes a slot into use. */
  take(callback: unknown, arg: unknown, flags: number): number {
    while (true) {
      const slot = this.#nextSlot();
      const chunk = this.chunkOf(slot);
      // Generations start at 1, so that no handle is 0 and a handle is never falsy.
      if (chunk.beginUse(slot, flags)) {
        chunk.setCall(slot, callback, arg);
        return slot;
      }
      // The generations have wrapped: the slot is retired.
      chunk.setCall(slot, undefined, undefined);
    }
  }

  /** Ends the use of a slot: handles and queue entries of it are stale from here on. */
  release(slot: number): void {
    this.chunkOf(slot).raiseToken(slot);
    this.free(slot);
  }

  /** Ends the use of a slot that has no entry in the queue. Touches nothing that the core reads. */
  free(slot: number): void {
    const cells = this.cellsOf(slot);
    const at = cellAt(slot);
    cells[at] = undefined;
    cells[at + 1] = this.#firstFree;
    this.#firstFree = slot;
  }

  /** The handle of a slot in use. */
  handleOf(slot: number): TimerHandle {
    return this.chunkOf(slot).generation(slot) * HANDLE_BASE + slot;
  }

  /** The slot of a handle, or -1 when the handle is stale or was never one. */
  slotOf(handle: TimerHandle): number {
    const slot = handle & SLOT_MASK;
    const chunk = this.#chunks[slot >>> CHUNK_SHIFT];
    if (chunk === undefined) return NO_SLOT;
    const isCurrent =
      chunk.generation(slot) * HANDLE_BASE + slot === handle && chunk.callback(slot) !== undefined;
    return isCurrent ? slot : NO_SLOT;
  }

  /** Sets the interval of a slot; the chunk's table of intervals is lent to the core on first use. */
  setIntervalNs(slot: number, intervalNs: number): void {
    const chunk = this.chunkOf(slot);
    if (chunk.intervals === undefined) {
      const intervals = new Float64Array(CHUNK_SLOTS);
      this.#receiver.setIntervals(slot >>> CHUNK_SHIFT, intervals.buffer);
      chunk.intervals = intervals;
    }
    chunk.setIntervalNs(slot, intervalNs);
  }

  /** Every slot in use, for the rare walk over all of them. */
  *slotsInUse(): Generator<number> {
    for (const [number, chunk] of this.#chunks.entries()) {
      for (let index = 0; chunk !== undefined && index < CHUNK_SLOTS; index++) {
        if (chunk.callback(index) !== undefined) yield (number << CHUNK_SHIFT) | index;
      }
    }
  }

  /** Forgets all callbacks. */
  clear(): void {
    this.#chunks.length = 0;
    this.#cells.length = 0;
    this.#firstFree = NO_SLOT;
    this.#endOfFresh = this.#nextFresh;
  }

  #nextSlot(): number {
    const slot = this.#firstFree;
    if (slot !== NO_SLOT) {
      this.#firstFree = this.chunkOf(slot).arg(slot) as number;
      return slot;
    }
    if (this.#nextFresh === this.#endOfFresh) this.#grow();
    return this.#nextFresh++;
  }

  #grow(): void {
    if (this.#slabUsed === this.#slab.byteLength) {
      const chunks = this.#chunkCount < SMALL_CHUNKS ? 1 : CHUNKS_PER_SLAB;
      this.#slab = new ArrayBuffer(chunks * CHUNK_BYTES);
      this.#slabUsed = 0;
    }
    const number = this.#lend(this.#slab, this.#slabUsed);
    while (this.#chunks.length <= number) {
      this.#chunks.push(undefined);
      this.#cells.push(undefined);
    }
    const chunk = new SlotChunk(this.#slab, this.#slabUsed);
    this.#chunks[number] = chunk;
    this.#cells[number] = chunk.cells;
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
