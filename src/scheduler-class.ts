import { type DurationInput, type InstantInput, parseDuration, parseInstant } from './duration.ts';
import { InvalidArgumentError } from './errors.ts';
import { ManualClock } from './manual-clock.ts';
import { checkOptionNames } from './option-names.ts';
import type { TimerHandle } from './slot-table.ts';
import { type EngineStats, TimerEngine } from './timer-engine.ts';
import { META_WALL, type TimerCallback } from './timer-host.ts';

const OPTIONS: ReadonlySet<string> = new Set(['clock']);

/** Counters of a scheduler. */
export interface SchedulerStats extends EngineStats {
  /** Armed actors. */
  readonly pending: number;
}

/**
 * Arms, re-arms and cancels timed actors.
 *
 * @example
 * ```ts
 * import { Scheduler, ManualClock } from 'backbeat/scheduler';
 * const clock = new ManualClock();
 * const scheduler = new Scheduler({ clock });
 * const handle = scheduler.after('1.5s', (name) => console.log('hello', name), 'you');
 * scheduler.rearm(handle, 3000);
 * clock.advance(3000); // hello you
 * ```
 */
export class Scheduler {
  readonly #engine: TimerEngine;

  /**
   * @param options - `clock`: a {@link ManualClock}; the scheduler is then on its own and its time
   * moves with that clock. Default: the process-wide timer thread, started by the first arming.
   */
  constructor(options: { clock?: ManualClock } = {}) {
    checkOptionNames(options, OPTIONS);
    const { clock } = options;
    if (clock !== undefined && !(clock instanceof ManualClock)) {
      throw new InvalidArgumentError('clock', clock, 'a ManualClock');
    }
    this.#engine = new TimerEngine(clock);
  }

  /** Milliseconds on the time line of the deadlines. Its origin means nothing. */
  now(): number {
    return this.#engine.nowNs() / 1e6;
  }

  /**
   * Runs a callback once, after a delay.
   *
   * @param delayMs - Milliseconds, fractions allowed, no upper limit; or a string with its unit, or
   * a duration. Zero or less: at the next turn of the loop.
   * @param callback - Called with `arg`.
   * @param arg - Anything. Kept as it is, not copied.
   * @returns A handle for `cancel`, `rearm` and the rest. Never 0.
   * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` for a delay or callback that is none.
   */
  after<A>(delayMs: DurationInput, callback: (arg: A) => unknown, arg?: A): TimerHandle {
    checkCallback(callback);
    const delayNs = readDelayNs(delayMs, 'delayMs');
    const timers = this.#engine.timers();
    return timers.table.handleOf(timers.armAfter(delayNs, callback as TimerCallback, arg, 0));
  }

  /**
   * Runs a callback once, when {@link Scheduler.now} reaches `deadlineMs`.
   *
   * @param deadlineMs - Milliseconds on the time line of `now()`. In the past: at the next turn.
   */
  schedule<A>(deadlineMs: number, callback: (arg: A) => unknown, arg?: A): TimerHandle {
    checkCallback(callback);
    const deadlineNs = readDelayNs(deadlineMs, 'deadlineMs');
    const timers = this.#engine.timers();
    return timers.table.handleOf(timers.arm(deadlineNs, callback as TimerCallback, arg, 0));
  }

  /**
   * Runs a callback once, at an instant of the wall clock. Stays right when the wall clock is set:
   * never early by it, and noticed within ten seconds when it is set forward.
   *
   * @param when - A Date, an ISO 8601 string, a Temporal instant, or milliseconds since 1970.
   */
  at<A>(when: InstantInput, callback: (arg: A) => unknown, arg?: A): TimerHandle {
    checkCallback(callback);
    const epochMs = parseInstant(when, 'ms', 'when');
    const timers = this.#engine.timers();
    const deadlineNs = this.#engine.wallTime().deadlineNs(epochMs);
    return timers.table.handleOf(timers.arm(deadlineNs, callback as TimerCallback, arg, META_WALL));
  }

  /**
   * Runs a callback again and again, on a fixed grid that starts one interval from now. Does not
   * drift. A slot that passes while the loop is busy is skipped and counted in `stats().missed`.
   *
   * @param intervalMs - Milliseconds, at least 0.000001; or a string with its unit, or a duration.
   */
  every<A>(intervalMs: DurationInput, callback: (arg: A) => unknown, arg?: A): TimerHandle {
    checkCallback(callback);
    const intervalNs = Math.round(readDelayNs(intervalMs, 'intervalMs'));
    if (intervalNs < 1) throw new InvalidArgumentError('intervalMs', intervalMs, 'above zero');
    const timers = this.#engine.timers();
    const firstNs = Math.ceil(this.#engine.orderedNowNs()) + intervalNs;
    const slot = timers.armRecurring(firstNs, intervalNs, callback as TimerCallback, arg, 0);
    return timers.table.handleOf(slot);
  }

  /**
   * Moves a pending actor: it is due `delayMs` from now. To a later deadline this costs one write.
   *
   * @returns False when the handle is stale.
   */
  rearm(handle: TimerHandle, delayMs: DurationInput): boolean {
    const delayNs = readDelayNs(delayMs, 'delayMs');
    const slot = this.#slotOf(handle);
    if (slot < 0) return false;
    this.#engine.timers().rearmAfter(slot, delayNs);
    return true;
  }

  /**
   * Moves a pending actor to a deadline on the time line of {@link Scheduler.now}.
   *
   * @returns False when the handle is stale.
   */
  reschedule(handle: TimerHandle, deadlineMs: number): boolean {
    const deadlineNs = readDelayNs(deadlineMs, 'deadlineMs');
    const slot = this.#slotOf(handle);
    if (slot < 0) return false;
    this.#engine.timers().rearm(slot, deadlineNs);
    return true;
  }

  /**
   * Cancels a pending actor: its callback will not be called again.
   *
   * @returns False when the handle is stale; that is harmless.
   */
  cancel(handle: TimerHandle): boolean {
    const slot = this.#slotOf(handle);
    if (slot < 0) return false;
    this.#engine.timers().cancel(slot);
    return true;
  }

  /**
   * Arms many actors at once, all counted from the moment of the call.
   *
   * @param delaysMs - A delay in milliseconds for each.
   * @param callback - Called for each with its argument.
   * @param args - An argument for each. Default: its index in `delaysMs`.
   * @returns A handle for each.
   */
  afterAll<A = number>(
    delaysMs: ArrayLike<number>,
    callback: (arg: A) => unknown,
    args?: ArrayLike<A>,
  ): Float64Array {
    checkCallback(callback);
    const count: unknown = delaysMs?.length;
    if (typeof count !== 'number') {
      throw new InvalidArgumentError('delaysMs', delaysMs, 'an array of numbers');
    }
    if (args !== undefined && args.length !== count) {
      throw new InvalidArgumentError('args', args.length, `of the length of delaysMs, ${count}`);
    }
    for (let index = 0; index < count; index++) {
      const delayMs: unknown = delaysMs[index];
      if (typeof delayMs !== 'number' || !Number.isFinite(delayMs)) {
        throw new InvalidArgumentError('delaysMs', delayMs, 'finite numbers only');
      }
    }
    const handles = new Float64Array(count);
    const timers = this.#engine.timers();
    const nowNs = this.#engine.orderedNowNs();
    for (let index = 0; index < count; index++) {
      const deadlineNs = Math.max(0, nowNs + (delaysMs[index] as number) * 1e6);
      const arg = args === undefined ? index : args[index];
      const slot = timers.arm(deadlineNs, callback as TimerCallback, arg, 0);
      handles[index] = timers.table.handleOf(slot);
    }
    return handles;
  }

  /**
   * Cancels many.
   *
   * @returns How many of them were still pending.
   */
  cancelAll(handles: ArrayLike<TimerHandle>): number {
    let cancelled = 0;
    for (let index = 0; index < handles.length; index++) {
      if (this.cancel(handles[index] as number)) cancelled++;
    }
    return cancelled;
  }

  /** Number of pending actors. */
  pending(): number {
    return this.#engine.pending;
  }

  /** Lets a pending actor hold the process, which is the default. False when stale. */
  ref(handle: TimerHandle): boolean {
    return this.#setRef(handle, true);
  }

  /** Lets the process end although this actor is pending. False when stale. */
  unref(handle: TimerHandle): boolean {
    return this.#setRef(handle, false);
  }

  /** True when the handle is of a pending actor that holds the process. */
  hasRef(handle: TimerHandle): boolean {
    const slot = this.#slotOf(handle);
    return slot >= 0 && this.#engine.timers().hasRef(slot);
  }

  /** The deadline of a pending actor on the time line of `now()`; undefined when stale. */
  deadlineOf(handle: TimerHandle): number | undefined {
    const slot = this.#slotOf(handle);
    return slot < 0 ? undefined : this.#engine.timers().deadlineNs(slot) / 1e6;
  }

  /** Counters: what is pending, was run, missed, and how often the isolate was woken. */
  stats(): SchedulerStats {
    return { pending: this.pending(), ...this.#engine.stats() };
  }

  /** Cancels everything and gives the native side back. Arming afterwards throws. */
  close(): void {
    this.#engine.close();
  }

  /** Closes, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal What the pool stands on. */
  get engine(): TimerEngine {
    return this.#engine;
  }

  /** The slot of a pending actor; -1 when the handle is stale or nothing was armed yet. */
  #slotOf(handle: TimerHandle): number {
    return this.#engine.timersIfOpen?.table.slotOf(handle) ?? -1;
  }

  #setRef(handle: TimerHandle, isRef: boolean): boolean {
    const slot = this.#slotOf(handle);
    if (slot < 0) return false;
    this.#engine.timers().setRef(slot, isRef);
    return true;
  }
}

function checkCallback(callback: unknown): void {
  if (typeof callback !== 'function') {
    throw new InvalidArgumentError('callback', callback, 'a function');
  }
}

/** Plain finite numbers, nearly all there are, take the short way. */
function readDelayNs(delay: DurationInput | undefined, argument: string): number {
  if (typeof delay === 'number' && delay - delay === 0) return delay > 0 ? delay * 1e6 : 0;
  return Math.max(0, parseDuration(delay as DurationInput, 'ms', argument) * 1e6);
}
