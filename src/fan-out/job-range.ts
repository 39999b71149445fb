/**
 * The ids of a fan-out, in memory that all its threads share: who runs which, without asking anybody.
 *
 * A thread claims a block of ids from one counter and takes id after id from it. When the counter is
 * used up it steals half of what the slowest other thread has left. The owner takes from the front
 * of its block with one atomic addition; a thief lowers the end, looks whether the owner has come
 * past it meanwhile, and puts it back then (the THE protocol of Frigo, Leiserson and Randall, "The
 * implementation of the Cilk-5 multithreaded language", 1998). So every id is taken exactly once.
 */
import { SharedLock } from './shared-lock.ts';

/** Most jobs: ids are 32-bit integers, and counters must not pass their end. */
export const MOST_JOBS: number = 2 ** 31 - 4096;

// Words of the first line.
const NEXT = 0;
const LIMIT = 1;
const STOP_AT = 2;
const TOTAL = 3;
/** A line per thread, so that threads do not write into each other's. */
const LINE_WORDS = 32;
// Words of a thread's line.
const HEAD = 0;
const TAIL = 1;
const LOCK = 2;
const SENT = 3;

const NOTHING = -1;

/** See the head of the file. */
export class JobRange {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #threads: number;
  readonly #locks: readonly SharedLock[];
  /** Where the blocks ended that threads were given by way of this object. */
  readonly #ends: number[] = [];

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#threads = this.#words.length / LINE_WORDS - 1;
    this.#locks = Array.from(
      { length: this.#threads },
      (_, thread) => new SharedLock(this.#words, lineOf(thread) + LOCK),
    );
  }

  /** Ids from 0 up to `total`; those from `limit` on may not be claimed yet. */
  static create(total: number, threads: number, limit: number): JobRange {
    const bytes = (threads + 1) * LINE_WORDS * Int32Array.BYTES_PER_ELEMENT;
    const range = new JobRange(new SharedArrayBuffer(bytes));
    range.#words[TOTAL] = total;
    range.#words[LIMIT] = limit;
    range.#words[STOP_AT] = total;
    for (let thread = 0; thread < threads; thread++) range.#words[lineOf(thread) + SENT] = NOTHING;
    return range;
  }

  /** Ids that were claimed so far. */
  get claimed(): number {
    return Atomics.load(this.#words, NEXT);
  }

  /** Lets ids below `limit` be claimed. */
  raiseLimit(limit: number): void {
    Atomics.store(this.#words, LIMIT, limit);
  }

  /** Ids above `id` are not started any more; -1 for all. */
  stopAbove(id: number): void {
    let before = Atomics.load(this.#words, STOP_AT);
    while (id < before) before = this.#replace(STOP_AT, before, id);
  }

  /** Whether an id may still be started. */
  mayStart(id: number): boolean {
    return id <= Atomics.load(this.#words, STOP_AT);
  }

  /** True once anything was stopped. */
  get isStopped(): boolean {
    return Atomics.load(this.#words, STOP_AT) < (this.#words[TOTAL] as number);
  }

  /** Something may be claimed now. */
  get hasClaimable(): boolean {
    return this.claimed < Atomics.load(this.#words, LIMIT) && !this.isStopped;
  }

  /** Nothing is left to be claimed, now or later. */
  get isExhausted(): boolean {
    return this.claimed >= (this.#words[TOTAL] as number) || this.isStopped;
  }

  /** The next id of the thread's block, -1 when it is over. */
  take(thread: number): number {
    const words = this.#words;
    const at = lineOf(thread);
    const id = Atomics.add(words, at + HEAD, 1);
    if (id < Atomics.load(words, at + TAIL)) return id;
    if (id >= (this.#ends[thread] ?? MOST_JOBS)) return NOTHING;
    // A thief may be about to put the end back.
    const lock = this.#lockOf(thread);
    lock.take();
    const isOurs = id < Atomics.load(words, at + TAIL);
    lock.leave();
    return isOurs ? id : NOTHING;
  }

  /** Gives the thread a block of at most `wanted` ids from the counter; false when it is used up. */
  claim(thread: number, wanted: number): boolean {
    const words = this.#words;
    for (;;) {
      const next = Atomics.load(words, NEXT);
      const left = Atomics.load(words, LIMIT) - next;
      if (left <= 0) return false;
      // Towards the end blocks become small, so that little has to be stolen.
      const fair = Math.ceil(left / (2 * this.#threads));
      const size = Math.min(wanted, fair);
      if (this.#replace(NEXT, next, next + size) === next) {
        this.#give(thread, next, next + size);
        return true;
      }
    }
  }

  /** Gives the thread half of what the thread with most left has; false when nobody has anything. */
  steal(thief: number): boolean {
    for (;;) {
      const victim = this.#richest(thief);
      if (victim === NOTHING) return false;
      const from = this.#cut(victim);
      if (from !== undefined) {
        this.#give(thief, from.start, from.end);
        return true;
      }
    }
  }

  /** The id that the thread took last; lower than the first of its block when it has taken none. */
  lastTaken(thread: number): number {
    const at = lineOf(thread);
    const head = Atomics.load(this.#words, at + HEAD);
    // The take that found the block over has moved the head, too.
    return Math.min(head, Atomics.load(this.#words, at + TAIL)) - 1;
  }

  /** The last id of the thread's block whose result was sent; lower than the first at its start. */
  lastSent(thread: number): number {
    return Atomics.load(this.#words, lineOf(thread) + SENT);
  }

  /** The results of the thread's block up to `id` were sent. */
  noteSent(thread: number, id: number): void {
    Atomics.store(this.#words, lineOf(thread) + SENT, id);
  }

  #richest(thief: number): number {
    let richest = NOTHING;
    let most = 0;
    for (let thread = 0; thread < this.#threads; thread++) {
      const at = lineOf(thread);
      const left = Atomics.load(this.#words, at + TAIL) - Atomics.load(this.#words, at + HEAD);
      if (thread !== thief && left > most) {
        most = left;
        richest = thread;
      }
    }
    return richest;
  }

  /** Takes the second half of a block off. */
  #cut(victim: number): { readonly start: number; readonly end: number } | undefined {
    const words = this.#words;
    const at = lineOf(victim);
    const lock = this.#lockOf(victim);
    lock.take();
    const end = Atomics.load(words, at + TAIL);
    const left = end - Atomics.load(words, at + HEAD);
    const start = end - Math.ceil(left / 2);
    let isOurs = left > 0;
    if (isOurs) {
      Atomics.store(words, at + TAIL, start);
      isOurs = Atomics.load(words, at + HEAD) <= start;
      if (!isOurs) Atomics.store(words, at + TAIL, end);
    }
    lock.leave();
    return isOurs ? { start, end } : undefined;
  }

  #give(thread: number, start: number, end: number): void {
    const at = lineOf(thread);
    const lock = this.#lockOf(thread);
    lock.take();
    Atomics.store(this.#words, at + SENT, start - 1);
    Atomics.store(this.#words, at + HEAD, start);
    Atomics.store(this.#words, at + TAIL, end);
    lock.leave();
    this.#ends[thread] = end;
  }

  #lockOf(thread: number): SharedLock {
    return this.#locks[thread] as SharedLock;
  }

  #replace(word: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#words, word, expected, value);
  }
}

function lineOf(thread: number): number {
  return (thread + 1) * LINE_WORDS;
}
