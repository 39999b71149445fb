// Compiled, never run: see types.spec.ts.
import {
  after,
  afterAll,
  cancel,
  defaultScheduler,
  every,
  ManualClock,
  Scheduler,
  type SchedulerStats,
  type TimerHandle,
} from 'backbeat/scheduler';

using scheduler = new Scheduler({ clock: new ManualClock() });
const handle: TimerHandle = scheduler.after(5, (name: string) => name.length, 'a');
const moved: boolean = scheduler.rearm(handle, '2h') && scheduler.reschedule(handle, 5);
const deadline: number | undefined = scheduler.deadlineOf(handle);
const stats: SchedulerStats = scheduler.stats();
const handles: Float64Array = scheduler.afterAll([1, 2], (index) => index.toFixed());
const cancelled: number = scheduler.cancelAll(handles);

after(1, () => {});
after({ seconds: 1 }, (value) => value.toFixed(), 5);
every('250ms', ({ id }: { id: number }) => id, { id: 1 });
afterAll(new Float32Array(2), (name) => name.length, ['a', 'b']);
defaultScheduler().at({ epochMilliseconds: 5 }, () => {});
const stale: boolean = cancel(0);

// @ts-expect-error the argument is of another type than the callback's
after(1, (name: string) => name.length, 5);
// @ts-expect-error a Date is no delay
after(new Date(), () => {});
// @ts-expect-error a callback is needed
every(5);
// @ts-expect-error the arguments are of another type than the callback's
afterAll([1, 2], (name: string) => name, [1, 2]);
// @ts-expect-error delays in bulk are numbers
afterAll(['1s'], () => {});
// @ts-expect-error a handle is a number
cancel('1');
// @ts-expect-error counters are read only
scheduler.stats().fired = 5;
// @ts-expect-error a clock is a ManualClock
new Scheduler({ clock: { now: () => 0 } });

export const used = { moved, deadline, stats, cancelled, stale };
