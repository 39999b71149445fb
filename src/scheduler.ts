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
import type { DurationInput, InstantInput } from './duration.ts';
import { Scheduler, type SchedulerStats } from './scheduler-class.ts';
import type { TimerHandle } from './slot-table.ts';

export type { DurationInput, DurationLike, InstantInput } from './duration.ts';
export { ManualClock } from './manual-clock.ts';
export { Scheduler, type SchedulerStats } from './scheduler-class.ts';
export type { TimerHandle } from './slot-table.ts';
export type { EngineStats } from './timer-engine.ts';

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
