/** How many clients were active over log time: the most in each of a fixed number of steps. */
export class Activity {
  readonly #stepSeconds: number;
  readonly #peaks: Float64Array;
  readonly #lasts: Float64Array;

  constructor(spanSeconds: number, steps: number) {
    this.#stepSeconds = Math.max(spanSeconds, 1) / steps;
    this.#peaks = new Float64Array(steps + 1).fill(UNTOUCHED);
    this.#lasts = new Float64Array(steps + 1);
  }

  /** Notes the number of active clients after something happened at `atSeconds`. */
  note(atSeconds: number, active: number): void {
    const step = Math.min(Math.floor(atSeconds / this.#stepSeconds), this.#peaks.length - 1);
    this.#peaks[step] = Math.max(this.#peaks[step] as number, active);
    this.#lasts[step] = active;
  }

  /** Start of each step in seconds, and the most active clients in it. */
  series(): { readonly atSeconds: number[]; readonly active: number[] } {
    const atSeconds: number[] = [];
    const active: number[] = [];
    let carried = 0;
    for (const [step, peak] of this.#peaks.entries()) {
      atSeconds.push(step * this.#stepSeconds);
      // A step in which nothing happened still has the clients that were active before it.
      active.push(Math.max(peak, carried));
      if (peak !== UNTOUCHED) carried = this.#lasts[step] as number;
    }
    return { atSeconds, active };
  }
}

const UNTOUCHED = -1;
