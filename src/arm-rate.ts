/** How fast arms come: it decides whether it pays to hold their commands back. */

/** Arms closer than this, in nanoseconds, are a burst … */
const CLOSE_NS = 3000;
/** … when so many of them follow each other. */
const CLOSE_ARMS = 4;
/** Nanoseconds over which arms are counted … */
const WINDOW_NS = 50e6;
/** … of which so many make a busy program. */
const BUSY_ARMS = 64;

/** See the head of the file. */
export class ArmRate {
  /** Many arms follow each other in this turn. */
  isBurst = false;
  /** Many arms come, turn after turn. */
  isBusy = false;
  #lastNs = 0;
  #closeArms = 0;
  #windowFromNs = 0;
  #windowArms = 0;

  /** Notes an arm at `nowNs` that comes outside of a burst. It may begin one. */
  noteArm(nowNs: number): void {
    this.#closeArms = nowNs - this.#lastNs < CLOSE_NS ? this.#closeArms + 1 : 0;
    this.#lastNs = nowNs;
    this.isBurst = this.#closeArms >= CLOSE_ARMS;
    this.#windowArms++;
    const elapsedNs = nowNs - this.#windowFromNs;
    if (elapsedNs < WINDOW_NS) return;
    this.isBusy = this.#windowArms >= BUSY_ARMS && elapsedNs < 2 * WINDOW_NS;
    this.#windowFromNs = nowNs;
    this.#windowArms = 0;
  }

  /** The turn is over: the next arm may come at any time. */
  endTurn(): void {
    this.isBurst = false;
    this.#closeArms = 0;
  }
}
