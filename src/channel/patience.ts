/**
 * How often an end looks for a change before it goes to sleep. As long as looking pays off it looks
 * for about as long as falling asleep and being woken would take; else hardly at all, with a longer
 * look now and then to find out whether the other end has a processor of its own again.
 */
import { availableParallelism } from 'node:os';

/** Of a thread that blocks: one look costs some 20 to 40 ns. */
export const BLOCKING_LOOKS = 4000;
/** Of an event loop, which others wait for: these, ... */
export const LOOP_LOOKS = 300;
/** ... and then one in each turn of the loop, in which everything else has its turn, too. */
export const LOOP_TURNS = 40;

const WAITS_PER_PROBE = 64;

/** With one processor the other end cannot change anything while this one looks. */
const MAY_LOOK: boolean = availableParallelism() > 1;

/** The looks of one end in one way of waiting. */
export class Patience {
  /** Number of looks for the next wait. */
  looks: number;
  readonly #most: number;
  #waits = 0;

  constructor(most: number) {
    this.#most = MAY_LOOK ? most : 0;
    this.looks = this.#most;
  }

  /** A change came while the end was looking. */
  paid(): void {
    this.looks = this.#most;
  }

  /** None came, and the end goes to sleep. */
  failed(): void {
    const isProbe = ++this.#waits % WAITS_PER_PROBE === 0;
    this.looks = isProbe ? this.#most : this.looks >> 1;
  }
}
