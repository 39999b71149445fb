/**
 * JavaScript's ends of the two rings that it shares with the core. The layout is defined in
 * `crates/core/src/shared.rs`; the constants here repeat it and are checked against the binary.
 *
 * Ordering. A command is published by an atomic store of the tail and a full barrier. The
 * announced wake-up of the timer thread is read after it, and the thread stores the announcement
 * before it reads the tail. So at least one side sees the other: either the thread finds the
 * command, or we see that it sleeps beyond our deadline and kick it.
 */
import { BindingVersionError } from './errors.ts';
import type { NativeBinding } from './native.ts';
import { NEEDS_LOAD_BARRIER, STORES_STAY_IN_ORDER } from './store-order.ts';

const HEADER_BYTES = 128;
const COMMAND_CAPACITY = 8192;
const DUE_CAPACITY = 8192;
const COMMANDS_AT = HEADER_BYTES;
const DUE_AT = COMMANDS_AT + COMMAND_CAPACITY * 16;
const BUFFER_BYTES = DUE_AT + DUE_CAPACITY * 16;

/** Binary logarithm of the number of slots in a chunk. */
export const CHUNK_SHIFT = 14;
/** Slots in a chunk. */
export const CHUNK_SLOTS: number = 1 << CHUNK_SHIFT;
/** Takes the slot number out of a due record's word. */
export const SLOT_MASK = 0x0fff_ffff;
/** Flag of a due record: the entry of the recurring actor is back in the queue. */
export const DUE_STILL_QUEUED = 0x1000_0000;
/** Flag of a due record: none of our own flags stood in the slot's meta word. */
export const DUE_PLAIN = 0x2000_0000;
/** Flag of a slot's meta word: the actor recurs. */
export const META_RECURRING = 1;
/** Flag of a slot's meta word: flipped at the end of each tick. */
export const META_PARITY = 2;

// Indices into the 32-bit view.
const COMMAND_TAIL = 0;
const CANCELS = 1;
const DUE_HEAD = 2;
const CHANGES = 3;
const COMMAND_HEAD = 16;
const DUE_TAIL = 17;
const BACKLOG = 18;
const CHANGES_SEEN = 19;
const COMMAND_WORDS = COMMANDS_AT / 4;
const DUE_WORDS = DUE_AT / 4;
// Indices into the 64-bit view.
const NEXT_WAKE = 10;
const BATCH_NOW = 11;
const COMMAND_DOUBLES = COMMANDS_AT / 8;
const DUE_DOUBLES = DUE_AT / 8;

const COMMAND_MASK = COMMAND_CAPACITY - 1;
const DUE_MASK = DUE_CAPACITY - 1;
/** A kick at each half of the ring keeps the timer thread reading while a burst is written. */
const HALF_BIT = COMMAND_CAPACITY / 2;

/** What the rings need from the native side. */
export interface CommandReceiver {
  /** The timer thread must look at the ring before its next wake-up. */
  kick(): void;
  /** The ring is full: read it now. */
  drain(): void;
}

/** A due record, unpacked by {@link SharedRings.nextDue}. */
export interface DueRecord {
  /** The slot's deadline when it was handed over. */
  deadlineNs: number;
  slotWord: number;
  token: number;
}

/**
 * Refuses a binary whose memory layout is another one.
 *
 * @throws BindingVersionError when it is.
 */
export function checkLayout(binding: NativeBinding): void {
  const layout = binding.memoryLayout();
  const fits =
    layout.bufferBytes === BUFFER_BYTES &&
    layout.commandsAt === COMMANDS_AT &&
    layout.commandCapacity === COMMAND_CAPACITY &&
    layout.dueAt === DUE_AT &&
    layout.dueCapacity === DUE_CAPACITY &&
    layout.chunkShift === CHUNK_SHIFT &&
    2 ** layout.slotBits - 1 === SLOT_MASK;
  if (!fits) throw new BindingVersionError('this memory layout', 'another memory layout');
}

/** The rings of one isolate. */
export class SharedRings {
  /** The memory that is lent to the core. */
  readonly buffer: ArrayBuffer = new ArrayBuffer(BUFFER_BYTES);
  /** Changes of armed slots, see {@link SharedRings.noteChange}. */
  changes = 0;
  readonly #words = new Int32Array(this.buffer);
  readonly #doubles = new Float64Array(this.buffer);
  #commandTail = 0;
  #published = 0;
  /** The core's head as last seen: never ahead of the real one. */
  #commandHead = 0;
  #cancels = 0;
  #dueHead = 0;

  /**
   * Writes a command: arm `slot` for `deadlineNs` under `token`. It is seen by the core after the
   * next {@link SharedRings.publish}.
   */
  writeCommand(receiver: CommandReceiver, deadlineNs: number, slot: number, token: number): void {
    const position = this.#commandTail;
    if (((position - this.#commandHead) | 0) >= COMMAND_CAPACITY) this.#makeRoom(receiver);
    const cell = position & COMMAND_MASK;
    this.#doubles[COMMAND_DOUBLES + 2 * cell] = deadlineNs;
    this.#words[COMMAND_WORDS + 4 * cell + 2] = slot;
    this.#words[COMMAND_WORDS + 4 * cell + 3] = token;
    this.#commandTail = (position + 1) | 0;
  }

  /**
   * Shows the core all commands written so far. No native call, unless the timer thread sleeps
   * beyond `earliestNs`, the earliest deadline among them, or half of the ring was filled.
   */
  publish(receiver: CommandReceiver, earliestNs: number): void {
    const tail = this.#commandTail;
    const isHalfFull = ((tail ^ this.#published) & HALF_BIT) !== 0;
    this.#published = tail;
    Atomics.store(this.#words, COMMAND_TAIL, tail);
    if (NEEDS_LOAD_BARRIER) Atomics.load(this.#words, COMMAND_TAIL);
    if (earliestNs < (this.#doubles[NEXT_WAKE] as number) || isHalfFull) receiver.kick();
  }

  #makeRoom(receiver: CommandReceiver): void {
    this.#commandHead = Atomics.load(this.#words, COMMAND_HEAD);
    if (((this.#commandTail - this.#commandHead) | 0) < COMMAND_CAPACITY) return;
    Atomics.store(this.#words, COMMAND_TAIL, this.#commandTail);
    receiver.drain();
    this.#commandHead = Atomics.load(this.#words, COMMAND_HEAD);
  }

  /** Counts a queue entry that was made stale, or takes one back. */
  countStale(change: 1 | -1): void {
    this.#cancels = (this.#cancels + change) | 0;
    this.#words[CANCELS] = this.#cancels;
  }

  /**
   * Counts a change of an armed slot (cancelled, moved, other flags), to be called behind the change
   * itself: the due record of such a slot may be outdated.
   */
  noteChange(): void {
    this.changes = (this.changes + 1) | 0;
    if (STORES_STAY_IN_ORDER) this.#words[CHANGES] = this.changes;
    else Atomics.store(this.#words, CHANGES, this.changes);
  }

  /**
   * The count of changes that all due records know of which have not been released: while it is
   * {@link SharedRings.changes}, each of them is as its slot says. To be read behind the tail.
   */
  changesSeen(): number {
    return this.#words[CHANGES_SEEN] as number;
  }

  /** Position behind the last published due record. */
  dueTail(): number {
    return Atomics.load(this.#words, DUE_TAIL);
  }

  /** The instant at which the last batch was taken, in nanoseconds. */
  batchNowNs(): number {
    return this.#doubles[BATCH_NOW] as number;
  }

  /** Unpacks the next due record; false when `tail` is reached. */
  nextDue(tail: number, into: DueRecord): boolean {
    // A loop inside a callback may have gone beyond this tail.
    if (this.countDue(tail) <= 0) return false;
    const cell = this.#dueHead & DUE_MASK;
    this.#dueHead = (this.#dueHead + 1) | 0;
    into.deadlineNs = this.#doubles[DUE_DOUBLES + 2 * cell] as number;
    into.slotWord = this.#words[DUE_WORDS + 4 * cell + 2] as number;
    into.token = this.#words[DUE_WORDS + 4 * cell + 3] as number;
    return true;
  }

  /** Slot word of the record `ahead` places behind the next one. Only below `tail`. */
  slotWordAhead(ahead: number): number {
    return this.#words[DUE_WORDS + 4 * ((this.#dueHead + ahead) & DUE_MASK) + 2] as number;
  }

  /** Number of due records up to `tail`. */
  countDue(tail: number): number {
    return (tail - this.#dueHead) | 0;
  }

  /** Gives the consumed part of the due ring back. True when more waits in the core. */
  releaseDue(): boolean {
    Atomics.store(this.#words, DUE_HEAD, this.#dueHead);
    return this.#words[BACKLOG] !== 0;
  }
}
