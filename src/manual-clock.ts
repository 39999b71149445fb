import { parseDuration } from './duration.ts';
import { InvalidArgumentError } from './errors.ts';
import { checkOptionNames } from './option-names.ts';

// Taken at load, so that fake timers which replace the globals do not stop this clock.
const { setImmediate } = globalThis;

const OPTIONS: ReadonlySet<string> = new Set(['wallEpochMs']);

/** What a manual clock drives. */
export interface ClockFollower {
  /**
   * Fires what is due at the next instant up to `limitNs`. False when nothing was.
   */
  step(limitNs: number): boolean;
}

/**
 * A clock that stands still until it is told to move, for tests and for replays faster than time.
 *
 * @example
 * ```ts
 * import { ManualClock, Scheduler } from 'backbeat/scheduler';
 * const clock = new ManualClock();
 * const scheduler = new Scheduler({ clock });
 * const seen = [];
 * scheduler.after(1000, () => seen.push(clock.now()));
 * clock.advance(999); // nothing
 * clock.advance(1);
 * console.log(seen); // [1000]
 * ```
 */
export class ManualClock {
  readonly #wallEpochMs: number;
  #follower: ClockFollower | undefined;
  #nowNs = 0;
  /** Up to here everything due was fired. */
  #steppedNs = 0;

  /**
   * @param options - `wallEpochMs`: what the wall clock shows when this clock stands at 0, in
   * milliseconds since 1970. Default: 0.
   */
  constructor(options: { wallEpochMs?: number } = {}) {
    checkOptionNames(options, OPTIONS);
    const { wallEpochMs = 0 } = options;
    this.#wallEpochMs = parseDuration(wallEpochMs, 'ms', 'wallEpochMs');
  }

  /** Milliseconds since this clock was made. */
  now(): number {
    return this.#nowNs / 1e6;
  }

  /** What the wall clock shows, in milliseconds since 1970. */
  wallNow(): number {
    return this.#wallEpochMs + this.now();
  }

  /**
   * Moves on and fires everything that becomes due, in exact (deadline, sequence) order, each at
   * its own instant. What callbacks arm in between is fired too when it is due in time.
   *
   * @param ms - How far, in milliseconds, or a string with its unit. Not negative.
   * @throws InvalidArgumentError for a negative or invalid duration.
   */
  advance(ms: number | string): void {
    this.#moveTo(this.#nowNs + readForwardNs(ms));
  }

  /**
   * As {@link ManualClock.advance}, with a turn of the event loop after each instant at which
   * something fired, so that asynchronous callbacks get on and what they arm next is fired in time.
   *
   * @param ms - How far, in milliseconds, or a string with its unit. Not negative.
   * @throws InvalidArgumentError for a negative or invalid duration.
   */
  async advanceAsync(ms: number | string): Promise<void> {
    const limitNs = this.#nowNs + readForwardNs(ms);
    do {
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#follower?.step(limitNs) === true);
    this.showNs(limitNs);
    this.#steppedNs = Math.max(this.#steppedNs, limitNs);
  }

  /**
   * As {@link ManualClock.advance}, to an instant on this clock.
   *
   * @param ms - The instant in milliseconds. Not before `now()`.
   * @param options - `exclusive`: leave what is due exactly then for the next call. Default: false.
   * @throws InvalidArgumentError for an instant in the past.
   */
  advanceTo(ms: number, options: { exclusive?: boolean } = {}): void {
    const instantNs = Math.round(parseDuration(ms, 'ms', 'ms') * 1e6);
    if (instantNs < this.#nowNs) {
      throw new InvalidArgumentError('ms', ms, `at least ${this.now()}, where the clock stands`);
    }
    const limitNs = options.exclusive === true ? instantNs - 1 : instantNs;
    if (limitNs >= this.#steppedNs) this.#moveTo(limitNs);
    this.showNs(instantNs);
  }

  /**
   * Lets time pass without firing anything, as a busy event loop does. What became due meanwhile
   * fires late, at the next advance.
   *
   * @param ms - How long, in milliseconds, or a string with its unit. Not negative.
   * @throws InvalidArgumentError for a negative or invalid duration.
   */
  elapse(ms: number | string): void {
    this.showNs(this.#nowNs + readForwardNs(ms));
  }

  /** @internal Nanoseconds, as the scheduler counts. */
  get nowNs(): number {
    return this.#nowNs;
  }

  /** @internal Called by a scheduler while it follows. */
  showNs(nowNs: number): void {
    if (nowNs > this.#nowNs) this.#nowNs = nowNs;
  }

  /** @internal A clock has one follower, or the order between two would be undefined. */
  setFollower(follower: ClockFollower | undefined): void {
    if (follower !== undefined && this.#follower !== undefined) {
      throw new InvalidArgumentError('clock', this, 'a clock that no other scheduler follows');
    }
    this.#follower = follower;
  }

  #moveTo(limitNs: number): void {
    while (this.#follower?.step(limitNs) === true);
    this.showNs(limitNs);
    this.#steppedNs = Math.max(this.#steppedNs, limitNs);
  }
}

function readForwardNs(ms: number | string): number {
  const byMs = parseDuration(ms, 'ms', 'ms');
  if (byMs < 0) throw new InvalidArgumentError('ms', ms, 'zero or more');
  return Math.round(byMs * 1e6);
}
