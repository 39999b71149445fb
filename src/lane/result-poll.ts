/**
 * Looks at results by itself for a moment, when they have come soon of late: a wake-up of the event
 * loop takes longer than many a job.
 */
import { performance } from 'node:perf_hooks';
import type { ClientMemory } from './lane-memory.ts';

/** How long it looks before it asks for a wake-up again. */
const POLL_MS = 0.06;
/** Waits shorter than this are worth it. */
const SHORT_WAIT_MS = 0.07;
/** Waits are counted up to this, so that a long one is forgotten soon. */
const LONGEST_WAIT_MS = 0.4;

const readClock = performance.now.bind(performance);
const setImmediateAtLoad = setImmediate;

/** See the head of the file. */
export class ResultPoll {
  readonly #memory: ClientMemory;
  readonly #dispatch: () => void;
  readonly #look: () => void;
  #waitMs = LONGEST_WAIT_MS;
  #beganMs = 0;
  #isWaiting = false;
  #isPolling = false;

  constructor(memory: ClientMemory, dispatch: () => void) {
    this.#memory = memory;
    this.#dispatch = dispatch;
    this.#look = () => this.#lookOnce();
  }

  /** The first job after a quiet time was submitted. */
  begin(): void {
    this.#beganMs = readClock();
    this.#isWaiting = true;
    if (this.#waitMs >= SHORT_WAIT_MS || this.#isPolling) return;
    this.#isPolling = true;
    this.#memory.setAwake(true);
    setImmediateAtLoad(this.#look);
  }

  /** Results were settled. */
  note(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    const waitedMs = Math.min(readClock() - this.#beganMs, LONGEST_WAIT_MS);
    this.#waitMs = 0.75 * this.#waitMs + 0.25 * waitedMs;
  }

  #lookOnce(): void {
    if (this.#memory.hasResults) this.#dispatch();
    if (this.#isWaiting && readClock() - this.#beganMs < POLL_MS) {
      setImmediateAtLoad(this.#look);
      return;
    }
    this.#isPolling = false;
    this.#memory.setAwake(false);
    // What came since the last look has woken nobody.
    if (this.#memory.hasResults) this.#dispatch();
  }
}
