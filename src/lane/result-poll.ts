/**
 * Looks at results by itself for a moment, when that has helped of late: a wake-up of the event loop
 * takes longer than many a job.
 */
import { performance } from 'node:perf_hooks';
import { setImmediateAtLoad } from '../host-at-load.ts';
import type { ClientMemory } from './lane-memory.ts';

/** How long it looks before it asks for a wake-up again. */
const POLL_MS = 0.06;
/** Looks that were in vain are followed by up to two to the power of this many times without. */
const MOST_PENALTY = 6;

const readClock = performance.now.bind(performance);

/** See the head of the file. */
export class ResultPoll {
  readonly #memory: ClientMemory;
  readonly #dispatch: () => void;
  readonly #look: () => void;
  #beganMs = 0;
  #isWaiting = false;
  #isPolling = false;
  #failures = 1;
  #leftOut = 0;

  constructor(memory: ClientMemory, dispatch: () => void) {
    this.#memory = memory;
    this.#dispatch = dispatch;
    this.#look = () => this.#lookOnce();
  }

  /** The first job after a quiet time was submitted. */
  begin(): void {
    this.#isWaiting = true;
    if (this.#leftOut > 0) {
      this.#leftOut--;
      return;
    }
    this.#beganMs = readClock();
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#memory.setAwake(true);
    setImmediateAtLoad(this.#look);
  }

  /** Results were settled. */
  note(): void {
    if (this.#isWaiting && this.#isPolling) this.#failures = 0;
    this.#isWaiting = false;
  }

  #lookOnce(): void {
    if (this.#memory.hasResults) this.#dispatch();
    if (this.#isWaiting && readClock() - this.#beganMs < POLL_MS) {
      setImmediateAtLoad(this.#look);
      return;
    }
    if (this.#isWaiting) this.#giveUp();
    this.#isPolling = false;
    this.#memory.setAwake(false);
    // What came since the last look has woken nobody, whether it found room or not.
    if (this.#memory.hasResults || this.#memory.hasBacklog) this.#dispatch();
  }

  #giveUp(): void {
    this.#failures = Math.min(this.#failures + 1, MOST_PENALTY);
    this.#leftOut = this.#failures > 1 ? 1 << this.#failures : 0;
  }
}
