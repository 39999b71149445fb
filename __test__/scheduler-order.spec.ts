// The order of callbacks: by deadline, then by arming; each at its own instant.
import test from 'ava';
import { Scheduler } from '../src/index.ts';
import { manualScheduler } from './fixtures/manual-scheduler.ts';

test('by deadline, whatever the order of arming', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  for (const delay of [30, 10, 20, 0.5, 0]) scheduler.after(delay, note, delay);
  clock.advance(100);
  t.deepEqual(seen, [0, 0.5, 10, 20, 30]);
});

test('equal deadlines in the order of arming', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  for (let at = 0; at < 1000; at++) scheduler.after(5, note, at);
  clock.advance(5);
  t.deepEqual(
    seen,
    Array.from({ length: 1000 }, (_, at) => at),
  );
});

test('equal deadlines reached by different delays', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  scheduler.after(10, note, 'first');
  clock.advance(4);
  scheduler.after(6, note, 'second');
  scheduler.schedule(10, note, 'third');
  clock.advance(10);
  t.deepEqual(seen, ['first', 'second', 'third']);
});

test('each callback sees the clock at its deadline', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  for (const delay of [1, 2.5, 7]) scheduler.after(delay, () => seen.push(scheduler.now()));
  clock.advance(100);
  t.deepEqual(seen, [1, 2.5, 7]);
});

test('what a callback arms fires in the same advance when it is due in time', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const again = (left: number): void => {
    seen.push(clock.now());
    if (left > 0) scheduler.after(10, again, left - 1);
  };
  scheduler.after(10, again, 5);
  clock.advance(45);
  t.deepEqual(seen, [10, 20, 30, 40]);
});

test('what a callback arms for now comes after what was armed before', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  scheduler.after(1, () => {
    seen.push('first');
    scheduler.after(0, note, 'armed inside');
  });
  scheduler.after(1, note, 'second');
  clock.advance(1);
  t.deepEqual(seen, ['first', 'second', 'armed inside']);
});

test('a deadline in the past is now, and behind what was due before', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  clock.advance(100);
  scheduler.after(0, note, 'now');
  scheduler.schedule(50, note, 'past');
  clock.advance(0);
  t.is(seen.length, 2);
});

test('an argument is handed over as it is; without one it is undefined', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  const arg = { deep: { value: 1 } };
  scheduler.after(1, note, arg);
  scheduler.after(2, note);
  clock.advance(2);
  t.is(seen[0], arg);
  t.is(seen[1], undefined);
});

test.serial('in real time: order of deadlines, none early', async (t) => {
  using scheduler = new Scheduler();
  const fired: number[] = [];
  // Armed when its instant had passed, on a slow machine: what was due by then may be before it.
  const armedLate = new Set<number>();
  let earliest = Number.POSITIVE_INFINITY;
  await new Promise<void>((resolve) => {
    for (let at = 0; at < 2000; at++) {
      const delay = (at * 7919) % 101;
      const deadline = scheduler.now() + delay;
      scheduler.schedule(deadline, () => {
        earliest = Math.min(earliest, scheduler.now() - deadline);
        if (fired.push(deadline) === 2000) resolve();
      });
      if (scheduler.now() >= deadline) armedLate.add(deadline);
    }
  });
  t.true(earliest >= 0);
  const armedInTime = fired.filter((deadline) => !armedLate.has(deadline));
  t.deepEqual(
    armedInTime,
    armedInTime.toSorted((a, b) => a - b),
  );
});

test.serial(
  'in real time: a burst before a busy loop is late at most, and none is lost',
  async (t) => {
    using scheduler = new Scheduler();
    const earliestMs = await new Promise<number>((resolve) => {
      const fired: number[] = [];
      const beginMs = performance.now();
      for (let at = 0; at < 25; at++) {
        scheduler.after(20, () => {
          if (fired.push(performance.now() - beginMs) === 25) resolve(Math.min(...fired));
        });
      }
      // Arms of the burst may be counted from the end of this, never from before their call.
      while (performance.now() < beginMs + 200);
    });
    t.true(earliestMs >= 20, `${earliestMs} ms after the call`);
  },
);
