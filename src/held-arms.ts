/**
 * Arms whose commands are kept back for a moment.
 *
 * Each has read the clock and has its deadline; only the core does not know of it yet. What is
 * cancelled meanwhile, as most time-outs of requests are, then costs neither a command nor work of the
 * timer thread, and the others are shown to it together, with one barrier. Nothing is late by that,
 * because the core is told well before the deadline; see `arm-holding.ts`.
 */

/** See the head of the file. A ring: the oldest arm is told first. */
export class HeldArms {
  readonly #mask: number;
  #slots = new Int32Array(0);
  /** Token of each slot: another one when it is told means that it was cancelled or moved. */
  #tokens = new Int32Array(0);
  #head = 0;
  #tail = 0;
  #markedTail = 0;

  /**
   * @param capacity - A power of two.
   */
  constructor(capacity: number) {
    this.#mask = capacity - 1;
  }

  get count(): number {
    return (this.#tail - this.#head) | 0;
  }

  /** Holds an arm back. True when no other one can be. */
  add(slot: number, token: number): boolean {
    if (this.#slots.length === 0) this.#takeMemory();
    const at = this.#tail & this.#mask;
    this.#slots[at] = slot;
    this.#tokens[at] = token;
    this.#tail = (this.#tail + 1) | 0;
    return this.count > this.#mask;
  }

  /** Forgets a cancelled arm at once when it was the last, as it is in `clear(set())`. */
  drop(slot: number): void {
    if (this.count === 0) return;
    const last = (this.#tail - 1) | 0;
    if (this.#slots[last & this.#mask] === slot) this.#tail = last;
  }

  /** The slot of the oldest arm. */
  get firstSlot(): number {
    return this.#slots[this.#head & this.#mask] as number;
  }

  /** The token that the slot of the oldest arm had. */
  get firstToken(): number {
    return this.#tokens[this.#head & this.#mask] as number;
  }

  /** Lets the oldest arm go. */
  shift(): void {
    this.#head = (this.#head + 1) | 0;
  }

  /** How many were held at the last call of this. Marks those that are held now for the next. */
  takeMarked(): number {
    const marked = (this.#markedTail - this.#head) | 0;
    this.#markedTail = this.#tail;
    // More may have been told or dropped than were marked.
    return Math.min(Math.max(0, marked), this.count);
  }

  /** Forgets all arms. */
  discard(): void {
    this.#head = this.#tail;
  }

  #takeMemory(): void {
    this.#slots = new Int32Array(this.#mask + 1);
    this.#tokens = new Int32Array(this.#mask + 1);
  }
}
