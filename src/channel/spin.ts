/**
 * How long an end looks for a change before it goes to sleep. As long as looking pays off it looks
 * for about as long as going to sleep and waking up would take; else hardly at all, with a longer
 * look now and then to find out whether the other end has a processor of its own again.
 */
import { availableParallelism } from 'node:os';

/** One look costs some 20 to 40 ns. */
const MAX_LOOKS = 300;
const MIN_LOOKS = 4;
const WAITS_PER_PROBE = 32;

/** With one processor the other end cannot change anything while this one looks. */
const MAY_SPIN: boolean = availableParallelism() > 1;

/** The looks of one end. */
export class Spin {
  /** Number of looks for the next wait. */
  looks: number = MAY_SPIN ? MAX_LOOKS : 0;
  #waits = 0;

  /** The looks paid off. */
  paid(): void {
    this.looks = MAX_LOOKS;
  }

  /** They did not, and the end goes to sleep. */
  failed(): void {
    if (!MAY_SPIN) return;
    const isProbe = ++this.#waits % WAITS_PER_PROBE === 0;
    this.looks = isProbe ? MAX_LOOKS : Math.max(this.looks >> 1, MIN_LOOKS);
  }
}
