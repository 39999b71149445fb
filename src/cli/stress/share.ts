import { setImmediate as nextLoopTurn } from 'node:timers/promises';
import { LatenessRecorder, type LatenessSnapshot } from '../lateness.ts';
import { type CounterRow, StressLedger } from './ledger.ts';
import {
  createRandom,
  drawDelayMs,
  drawIntervalMs,
  isRecurring,
  type SharePlan,
  slotsWithin,
} from './plan.ts';
import { createTimers, type StressTimers, type TimerKind } from './timers.ts';

/** What an isolate tells at its end; its counters are in shared memory. */
export interface ShareResult {
  readonly lost: number;
  readonly lateness: LatenessSnapshot;
}

/** Far below the 50 ms that a loop should ever be held, with room for the callbacks in between. */
const ARMING_SLICE_MS = 4;
/** Looking at the clock costs as much as arming, so it is done once in this many actors. */
const ARMING_STEP = 64;
const DRAIN_POLL_MS = 50;
/** How long after the last deadline a silent scheduler counts as having lost what is missing. */
const PATIENCE_MS = 10_000;

/** One isolate's part of a stress run: arms its actors, then waits until all of them ran. */
export class StressShare {
  readonly #plan: SharePlan;
  readonly #counters: CounterRow;
  readonly #lateness: LatenessRecorder;
  readonly #ledger: StressLedger;
  readonly #timers: StressTimers;

  /** Loads the timers and allocates the books, so that neither is counted with the actors. */
  static async prepare(
    kind: TimerKind,
    plan: SharePlan,
    counters: CounterRow,
  ): Promise<StressShare> {
    const lateness = new LatenessRecorder();
    const ledger = new StressLedger(plan.actors, counters, lateness);
    const timers: StressTimers = await createTimers(kind, (actor) =>
      ledger.run(actor, timers.nowMs()),
    );
    return new StressShare(plan, counters, lateness, ledger, timers);
  }

  private constructor(
    plan: SharePlan,
    counters: CounterRow,
    lateness: LatenessRecorder,
    ledger: StressLedger,
    timers: StressTimers,
  ) {
    this.#plan = plan;
    this.#counters = counters;
    this.#lateness = lateness;
    this.#ledger = ledger;
    this.#timers = timers;
  }

  async run(): Promise<ShareResult> {
    await this.#arm();
    await this.#drain();
    return { lost: this.#ledger.lost(), lateness: this.#lateness.snapshot() };
  }

  /** Arms in slices, and notes the longest time between two turns of the loop. */
  async #arm(): Promise<void> {
    const random = createRandom(this.#plan.seed);
    let turnStartedMs = performance.now();
    for (let actor = 0; actor < this.#plan.actors; actor += 1) {
      this.#armActor(actor, random);
      if (actor % ARMING_STEP !== 0 || performance.now() - turnStartedMs < ARMING_SLICE_MS)
        continue;
      await nextLoopTurn();
      const nowMs = performance.now();
      this.#counters.raise('longestPauseMs', nowMs - turnStartedMs);
      turnStartedMs = nowMs;
    }
    this.#counters.raise('longestPauseMs', performance.now() - turnStartedMs);
  }

  #armActor(actor: number, random: () => number): void {
    const { recurring, runMs } = this.#plan;
    if (isRecurring(actor, recurring)) {
      const intervalMs = drawIntervalMs(random, runMs);
      this.#ledger.arm(actor, this.#timers.nowMs(), intervalMs, slotsWithin(runMs, intervalMs));
      this.#timers.every(actor, intervalMs);
    } else {
      const delayMs = drawDelayMs(random, runMs);
      this.#ledger.arm(actor, this.#timers.nowMs(), delayMs, 1);
      this.#timers.once(actor, delayMs);
    }
  }

  /** Node's own timer watches: what watches must not stand on what is watched. */
  #drain(): Promise<void> {
    const lastDueMs = performance.now() + this.#plan.runMs;
    return new Promise((resolve) => {
      let seen = this.#counters.get('fired');
      let changedMs = performance.now();
      const poll = setInterval(() => {
        const nowMs = performance.now();
        const fired = this.#counters.get('fired');
        if (fired !== seen) changedMs = nowMs;
        seen = fired;
        const isStuck = nowMs - Math.max(lastDueMs, changedMs) > PATIENCE_MS;
        if (this.#counters.get('finished') < this.#plan.actors && !isStuck) return;
        clearInterval(poll);
        resolve();
      }, DRAIN_POLL_MS);
    });
  }
}
