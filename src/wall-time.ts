/**
 * Actors for an instant of the wall clock, on a scheduler that knows only monotonic time.
 *
 * One offset (wall minus monotonic) serves all of them: the deadline of an instant is the instant
 * minus the offset. While such actors are pending, the offset is compared with the wall clock every
 * ten seconds; after a jump their deadlines are moved by the difference. Before an actor runs the
 * wall clock is read once more, so it is never early by it either.
 */
import type { IsolateTimers } from './isolate-timers.ts';
import { META_UNREF, META_WALL } from './timer-host.ts';

/** Nanoseconds between two looks at the wall clock while actors wait for it. */
export const WALL_CHECK_NS = 10e9;
/** A difference below this is left to the look before the run. */
const TOLERANCE_NS = 2e6;
/** Doubles count nanoseconds since 1970 in steps of a quarter of a microsecond. */
const NOISE_NS = 1000;

/** The clocks of a scheduler. */
export interface Clocks {
  nowNs(): number;
  wallNowMs(): number;
}

/** See the head of the file. */
export class WallTime {
  /** Called with the nanoseconds by which deadlines that are not ours are to be moved. */
  readonly followers: Set<(byNs: number) => void> = new Set();
  readonly #clocks: Clocks;
  readonly #timers: IsolateTimers;
  #offsetNs = Number.NaN;
  #isWatching = false;

  constructor(timers: IsolateTimers, clocks: Clocks) {
    this.#timers = timers;
    this.#clocks = clocks;
  }

  /** True while a look at the wall clock is armed. */
  get isWatching(): boolean {
    return this.#isWatching;
  }

  /** The deadline of an instant, from now on kept right when the wall clock is set. */
  deadlineNs(epochMs: number): number {
    if (!this.#isWatching) {
      this.#offsetNs = this.#readOffsetNs();
      this.#watch();
    }
    return Math.max(0, epochMs * 1e6 - this.#offsetNs);
  }

  /** The deadline as it stands by the wall clock now; not later than given when it has come. */
  correctedNs(deadlineNs: number): number {
    const missingNs = deadlineNs + this.#offsetNs - this.#clocks.wallNowMs() * 1e6;
    if (missingNs <= NOISE_NS) return deadlineNs;
    // A deadline is read with the one offset, so it can only be moved together with all others.
    return deadlineNs + this.#adopt(this.#readOffsetNs());
  }

  #readOffsetNs(): number {
    return this.#clocks.wallNowMs() * 1e6 - this.#clocks.nowNs();
  }

  #watch(): void {
    this.#isWatching = true;
    const look = () => {
      this.#isWatching = this.#look();
      if (this.#isWatching) this.#watch();
    };
    this.#timers.arm(this.#clocks.nowNs() + WALL_CHECK_NS, look, undefined, META_UNREF);
  }

  /** Moves deadlines after a jump. False when no actor waits for the wall clock any more. */
  #look(): boolean {
    const offsetNs = this.#readOffsetNs();
    if (Math.abs(this.#offsetNs - offsetNs) > TOLERANCE_NS) this.#adopt(offsetNs);
    return this.followers.size > 0 || !(this.#waiting().next().done ?? false);
  }

  /** Reads all deadlines with another offset from here on. Returns by how much they were moved. */
  #adopt(offsetNs: number): number {
    const byNs = this.#offsetNs - offsetNs;
    this.#offsetNs = offsetNs;
    for (const slot of this.#waiting()) {
      this.#timers.rearm(slot, Math.max(0, this.#timers.deadlineNs(slot) + byNs));
    }
    for (const move of this.followers) move(byNs);
    return byNs;
  }

  /** The slots that wait for the wall clock. */
  *#waiting(): Generator<number> {
    const { table } = this.#timers;
    for (const slot of table.slotsInUse()) {
      if (table.chunkOf(slot).hasFlag(slot, META_WALL)) yield slot;
    }
  }
}
