/**
 * Reads the clock once for the ends of several ticks.
 *
 * Whether a recurring actor has run past its next slot is seen by the clock, read after the end of
 * the tick was told to the core. In a batch of quick callbacks one reading behind a group of ends
 * says the same for all of them: when even the earliest next slot is still ahead, none was passed.
 * After a slow group the next ends are looked at one by one, so that no slot is skipped that had not
 * passed when its own callback returned.
 */

/** Ends that share a reading. */
export const TICK_GROUP_SIZE = 32;
/** A group that took longer than this, in nanoseconds, was slow. */
const SLOW_NS = 1e6;

/** See the head of the file. */
export class TickGroup {
  readonly slots: Int32Array = new Int32Array(TICK_GROUP_SIZE);
  readonly tokens: Int32Array = new Int32Array(TICK_GROUP_SIZE);
  count = 0;
  /** The earliest next slot of the grid among the ended ticks. */
  earliestNextNs: number = Number.POSITIVE_INFINITY;
  #size = 1;
  #lastNs = 0;

  /** Adds the end of a tick. True when the group is complete. */
  add(slot: number, token: number, nextNs: number): boolean {
    this.slots[this.count] = slot;
    this.tokens[this.count] = token;
    this.count++;
    if (nextNs < this.earliestNextNs) this.earliestNextNs = nextNs;
    return this.count >= this.#size;
  }

  /** Begins the next group. */
  restart(nowNs: number, mayGroup: boolean): void {
    const isQuick = mayGroup && nowNs - this.#lastNs < SLOW_NS;
    this.#size = isQuick ? TICK_GROUP_SIZE : 1;
    this.#lastNs = nowNs;
    this.count = 0;
    this.earliestNextNs = Number.POSITIVE_INFINITY;
  }
}
