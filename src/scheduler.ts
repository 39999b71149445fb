/**
 * The low-level scheduler, public as `backbeat/scheduler`: numeric handles, milliseconds, one
 * native timer thread for the whole process.
 *
 * Callbacks run on the event loop of the isolate that armed them, never before their deadline, in
 * the order of their deadlines and, for equal ones, of their arming. NextTicks and microtasks run
 * between two callbacks, as with Node's own timers. A callback that throws ends in
 * `uncaughtException` and does not stop the others. No AsyncLocalStorage is carried at this level:
 * bind a callback with `AsyncResource.bind` if it needs one.
 */
import { type DurationInput, type InstantInput, parseDuration, parseInstant } from './duration.ts';
import { InvalidArgumentError } from './errors.ts';
import { ManualClock } from './manual-clock.ts';
import type { TimerHandle } from './slot-table.ts';
import { type EngineStats, TimerEngine } from './timer-engine.ts';
import { META_WALL, type TimerCallback } from './timer-host.ts';

export type { DurationInput, DurationLike, InstantInput } from './duration.ts';
export { ManualClock } from './manual-clock.ts';
export type { TimerHandle } from './slot-table.ts';
export type { EngineStats } from './timer-engine.ts';

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
    const timers = this.#engine.timersIfOpen;
    const slot = timers?.table.slotOf(handle) ?? -1;
    if (timers === undefined || slot < 0) return false;
    timers.rearmAfter(slot, delayNs);
    return true;
  }

  /**
   * Moves a pending actor to a deadline on the time line of {@link Scheduler.now}.
   *
   * @returns False when the handle is stale.
   */
  reschedule(handle: TimerHandle, deadlineMs: number): boolean {
    const deadlineNs = readDelayNs(deadlineMs, 'deadlineMs');
    const timers = this.#engine.timersIfOpen;
    const slot = timers?.table.slotOf(handle) ?? -1;
    if (timers === undefined || slot < 0) return false;
    timers.rearm(slot, deadlineNs);
    return true;
  }

  /**
   * Cancels a pending actor: its callback will not be called again.
   *
   * @returns False when the handle is stale; that is harmless.
   */
  cancel(handle: TimerHandle): boolean {
    const timers = this.#engine.timersIfOpen;
    const slot = timers?.table.slotOf(handle) ?? -1;
    if (timers === undefined || slot < 0) return false;
    timers.cancel(slot);
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
    const timers = this.#engine.timersIfOpen;
    const slot = timers?.table.slotOf(handle) ?? -1;
    return timers !== undefined && slot >= 0 && timers.hasRef(slot);
  }

  /** The deadline of a pending actor on the time line of `now()`; undefined when stale. */
  deadlineOf(handle: TimerHandle): number | undefined {
    const timers = this.#engine.timersIfOpen;
    const slot = timers?.table.slotOf(handle) ?? -1;
    return timers === undefined || slot < 0 ? undefined : timers.deadlineNs(slot) / 1e6;
  }

  /** Counters: what is pending, was run, missed, and how often the isolate was woken. */
  stats(): SchedulerStats {
    return { pending: this.pending(), ...this.#engine.stats() };
  }

  /** Cancels everything and gives the native side back. Arming afterwards throws. */
  close(): void {
    this.#engine.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal What the pool stands on. */
  get engine(): TimerEngine {
    return this.#engine;
  }

  #setRef(handle: TimerHandle, isRef: boolean): boolean {
    const timers = this.#engine.timersIfOpen;
    const slot = timers?.table.slotOf(handle) ?? -1;
    if (timers === undefined || slot < 0) return false;
    timers.setRef(slot, isRef);
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

let shared: Scheduler | undefined;

/** The scheduler of this isolate on the process-wide timer thread. */
export function defaultScheduler(): Scheduler {
  shared ??= new Scheduler();
  return shared;
}

/** {@link Scheduler.now} of the default scheduler. */
export function now(): number {
  return defaultScheduler().now();
}

/** {@link Scheduler.after} of the default scheduler. */
export function after<A>(
  delayMs: DurationInput,
  callback: (arg: A) => unknown,
  arg?: A,
): TimerHandle {
  return defaultScheduler().after(delayMs, callback, arg);
}

/** {@link Scheduler.schedule} of the default scheduler. */
export function schedule<A>(
  deadlineMs: number,
  callback: (arg: A) => unknown,
  arg?: A,
): TimerHandle {
  return defaultScheduler().schedule(deadlineMs, callback, arg);
}

/** {@link Scheduler.at} of the default scheduler. */
export function at<A>(when: InstantInput, callback: (arg: A) => unknown, arg?: A): TimerHandle {
  return defaultScheduler().at(when, callback, arg);
}

/** {@link Scheduler.every} of the default scheduler. */
export function every<A>(
  intervalMs: DurationInput,
  callback: (arg: A) => unknown,
  arg?: A,
): TimerHandle {
  return defaultScheduler().every(intervalMs, callback, arg);
}

/** {@link Scheduler.rearm} of the default scheduler. */
export function rearm(handle: TimerHandle, delayMs: DurationInput): boolean {
  return defaultScheduler().rearm(handle, delayMs);
}

/** {@link Scheduler.reschedule} of the default scheduler. */
export function reschedule(handle: TimerHandle, deadlineMs: number): boolean {
  return defaultScheduler().reschedule(handle, deadlineMs);
}

/** {@link Scheduler.cancel} of the default scheduler. */
export function cancel(handle: TimerHandle): boolean {
  return defaultScheduler().cancel(handle);
}

/** {@link Scheduler.afterAll} of the default scheduler. */
export function afterAll<A = number>(
  delaysMs: ArrayLike<number>,
  callback: (arg: A) => unknown,
  args?: ArrayLike<A>,
): Float64Array {
  return defaultScheduler().afterAll(delaysMs, callback, args);
}

/** {@link Scheduler.cancelAll} of the default scheduler. */
export function cancelAll(handles: ArrayLike<TimerHandle>): number {
  return defaultScheduler().cancelAll(handles);
}

/** {@link Scheduler.pending} of the default scheduler. */
export function pending(): number {
  return defaultScheduler().pending();
}

/** {@link Scheduler.ref} of the default scheduler. */
export function ref(handle: TimerHandle): boolean {
  return defaultScheduler().ref(handle);
}

/** {@link Scheduler.unref} of the default scheduler. */
export function unref(handle: TimerHandle): boolean {
  return defaultScheduler().unref(handle);
}

/** {@link Scheduler.hasRef} of the default scheduler. */
export function hasRef(handle: TimerHandle): boolean {
  return defaultScheduler().hasRef(handle);
}

/** {@link Scheduler.deadlineOf} of the default scheduler. */
export function deadlineOf(handle: TimerHandle): number | undefined {
  return defaultScheduler().deadlineOf(handle);
}

/** {@link Scheduler.stats} of the default scheduler. */
export function stats(): SchedulerStats {
  return defaultScheduler().stats();
}
