/** How fast arms come: it decides whether it pays to hold their commands back. */
import { BurstStart } from './burst-start.ts';

/** So many arms in a window make a busy program. */
const BUSY_ARMS = 64;

/** See the head of the file. */
export class ArmRate {
  /** Many arms follow each other in this turn. */
  isBurst = false;
  /** Many arms come, turn after turn. */
  isBusy = false;
  readonly #windowNs: number;
  readonly #start = new BurstStart();
  #windowFromNs = 0;
  #windowArms = 0;

  /**
   * @param windowNs - Nanoseconds over which arms are counted.
   */
  constructor(windowNs: number) {
    this.#windowNs = windowNs;
  }

  /** Notes an arm at `nowNs` that comes outside of a burst. It may begin one. */
  noteArm(nowNs: number): void {
    this.isBurst = this.#start.noteArm(nowNs);
    this.#windowArms++;
    const elapsedNs = nowNs - this.#windowFromNs;
    if (elapsedNs < this.#windowNs) return;
    this.isBusy = this.#windowArms >= BUSY_ARMS && elapsedNs < 2 * this.#windowNs;
    this.#windowFromNs = nowNs;
    this.#windowArms = 0;
  }

  /** The turn is over: the next arm may come at any time. */
  endTurn(): void {
    this.isBurst = false;
    this.#start.end();
  }
}
