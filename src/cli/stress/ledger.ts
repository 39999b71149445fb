import { CLOCK_ROUNDING_MS } from '../figures.ts';
import type { LatenessRecorder } from '../lateness.ts';

/** The counters of one isolate, in memory that the watching isolate reads while they change. */
export const COUNTERS = [
  'armed',
  'finished',
  'fired',
  'doubled',
  'early',
  'missed',
  'longestPauseMs',
] as const;

/** Name of a counter. */
export type Counter = (typeof COUNTERS)[number];

/** One row of counters. Each has one writer, so plain numbers do. */
export class CounterRow {
  readonly #values: Float64Array;

  constructor(buffer: SharedArrayBuffer, isolate: number) {
    this.#values = new Float64Array(buffer, isolate * CounterRow.byteLength, COUNTERS.length);
  }

  static readonly byteLength: number = COUNTERS.length * Float64Array.BYTES_PER_ELEMENT;

  get(counter: Counter): number {
    return this.#values[COUNTERS.indexOf(counter)] as number;
  }

  add(counter: Counter, amount: number): void {
    const index = COUNTERS.indexOf(counter);
    this.#values[index] = (this.#values[index] as number) + amount;
  }

  raise(counter: Counter, value: number): void {
    const index = COUNTERS.indexOf(counter);
    this.#values[index] = Math.max(this.#values[index] as number, value);
  }
}

/**
 * Books every run of the actors of one isolate: 17 bytes an actor, allocated before the first is
 * armed. An actor knows the instant its next run is due; a one-shot has one slot, a recurring
 * actor a fixed grid of them.
 */
export class StressLedger {
  readonly #nextDueMs: Float64Array;
  /** Slots still to come; 0 for an actor that is done or not armed. */
  readonly #slotsLeft: Uint32Array;
  readonly #intervalMs: Uint32Array;
  readonly #hasRun: Uint8Array;
  readonly #counters: CounterRow;
  readonly #lateness: LatenessRecorder;

  constructor(actors: number, counters: CounterRow, lateness: LatenessRecorder) {
    this.#nextDueMs = new Float64Array(actors);
    this.#slotsLeft = new Uint32Array(actors);
    this.#intervalMs = new Uint32Array(actors);
    this.#hasRun = new Uint8Array(actors);
    this.#counters = counters;
    this.#lateness = lateness;
  }

  /** An actor is about to start: first run in `intervalMs`, and `slots` runs in all. */
  arm(actor: number, nowMs: number, intervalMs: number, slots: number): void {
    this.#nextDueMs[actor] = nowMs + intervalMs;
    this.#intervalMs[actor] = intervalMs;
    this.#slotsLeft[actor] = slots;
    this.#counters.add('armed', 1);
  }

  /**
   * An actor runs at `nowMs`. A run that comes after further slots of its grid has passed stands
   * for the first of them; the others count as missed. Returns whether more runs are to come.
   */
  run(actor: number, nowMs: number): boolean {
    this.#counters.add('fired', 1);
    const slotsLeft = this.#slotsLeft[actor] as number;
    if (slotsLeft === 0) {
      this.#counters.add('doubled', 1);
      return false;
    }
    const dueMs = this.#nextDueMs[actor] as number;
    const intervalMs = this.#intervalMs[actor] as number;
    const latenessMs = nowMs - dueMs;
    if (latenessMs < -CLOCK_ROUNDING_MS) {
      if (this.#isRepeat(actor, latenessMs)) {
        this.#counters.add('doubled', 1);
        return true;
      }
      this.#counters.add('early', 1);
    }
    this.#hasRun[actor] = 1;
    this.#lateness.record(latenessMs);
    const passed = Math.max(0, Math.floor((latenessMs + CLOCK_ROUNDING_MS) / intervalMs));
    const missed = Math.min(passed, slotsLeft - 1);
    if (missed > 0) this.#counters.add('missed', missed);
    this.#nextDueMs[actor] = dueMs + (missed + 1) * intervalMs;
    this.#slotsLeft[actor] = slotsLeft - missed - 1;
    if (slotsLeft - missed > 1) return true;
    this.#counters.add('finished', 1);
    return false;
  }

  /** Slots that never came and were not passed by a later run either. */
  lost(): number {
    return this.#slotsLeft.reduce((sum, slots) => sum + slots, 0);
  }

  /** A run before its slot that is nearer to the slot served last is a second run of that one. */
  #isRepeat(actor: number, latenessMs: number): boolean {
    return this.#hasRun[actor] === 1 && -latenessMs > (this.#intervalMs[actor] as number) / 2;
  }
}
