/**
 * Keeps the commands of a burst of arms back until the turn of the loop is over.
 *
 * Each of these arms has read the clock and has its deadline; only the core does not know of it yet.
 * Nothing is late by that: no callback can run before the turn is over. What is cancelled in the same
 * turn, as most time-outs of requests are, then costs neither a command nor work of the timer thread,
 * and the others are shown to it together, with one barrier.
 *
 * Near deadlines are not held back. A turn may block for longer than they are away, and the thread
 * should have handed them over by then, or immediates would come first.
 */

/** Arms that are held back before the core is told. */
const HELD_AT_MOST = 1024;
/** Deadlines nearer than this, in nanoseconds, are told at once. */
export const NEAR_NS = 100e6;
/** Arms closer than this, in nanoseconds, are a burst … */
const CLOSE_NS = 3000;
/** … when so many of them follow each other. */
const CLOSE_ARMS = 4;

/** See the head of the file. */
export class HeldArms {
  readonly slots: Int32Array = new Int32Array(HELD_AT_MOST);
  /** Token of each slot: another one at the end means that it was cancelled or moved meanwhile. */
  readonly tokens: Int32Array = new Int32Array(HELD_AT_MOST);
  count = 0;
  /** True while arms are held back. */
  isActive = false;
  #lastNs = 0;
  #closeArms = 0;

  /** Notes an arm at `nowNs`; enough of them close together begin a burst. */
  noteArm(nowNs: number): void {
    this.#closeArms = nowNs - this.#lastNs < CLOSE_NS ? this.#closeArms + 1 : 0;
    this.#lastNs = nowNs;
    this.isActive = this.#closeArms >= CLOSE_ARMS;
  }

  /** Holds an arm back. True when no other one can be. */
  add(slot: number, token: number): boolean {
    const at = this.count++;
    this.slots[at] = slot;
    this.tokens[at] = token;
    return at === HELD_AT_MOST - 1;
  }

  /** Forgets a cancelled arm at once when it was the last, as it is in `clear(set())`. */
  drop(slot: number): void {
    if (this.count > 0 && this.slots[this.count - 1] === slot) this.count--;
  }

  /** The turn is over: the next arm may come at any time. */
  end(): void {
    this.isActive = false;
    this.#closeArms = 0;
  }
}
