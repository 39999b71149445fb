/** Arms closer than this, in nanoseconds, are a burst … */
export const CLOSE_NS = 3000;
/** … when so many of them follow each other. */
const CLOSE_ARMS = 4;

/** Finds where a burst begins: arms that follow each other within microseconds. */
export class BurstStart {
  /** When the last arm came. */
  lastNs = 0;
  #closeArms = 0;

  /** Notes an arm that comes outside of a burst. True when it begins one. */
  noteArm(nowNs: number): boolean {
    this.#closeArms = nowNs - this.lastNs < CLOSE_NS ? this.#closeArms + 1 : 0;
    this.lastNs = nowNs;
    return this.#closeArms >= CLOSE_ARMS;
  }

  /** A burst is over: those before it count no more. */
  end(): void {
    this.#closeArms = 0;
  }
}
