/**
 * How long an end looks for a change before it goes to sleep: about as long as sleeping would have
 * taken, as long as looking keeps paying off.
 */
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';

const readClock = performance.now.bind(performance);

/** Looks at most; one look costs some 20 to 40 ns. */
const MAX_LOOKS = 600;
const MIN_LOOKS = 8;
/** A sleep that was shorter than this would better have been a look. */
const SHORT_SLEEP_MS = 0.03;

/** With one processor the other end cannot change anything while this one looks. */
const MAY_SPIN = availableParallelism() > 1;

/** The looks of one end. */
export class Spin {
  #looks: number = MAY_SPIN ? MAX_LOOKS : 0;
  #sleptAtMs = 0;

  /** Number of looks for the next wait. */
  get looks(): number {
    return this.#looks;
  }

  /** The looks paid off. */
  paid(): void {
    if (this.#looks > 0) this.#looks = MAX_LOOKS;
  }

  /** They did not, and the end goes to sleep. */
  sleeps(): void {
    this.#sleptAtMs = readClock();
    if (this.#looks > MIN_LOOKS) this.#looks >>= 1;
  }

  /** The end was woken. */
  wakes(): void {
    if (MAY_SPIN && readClock() - this.#sleptAtMs < SHORT_SLEEP_MS) this.#looks = MAX_LOOKS;
  }
}
