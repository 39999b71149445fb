// Moving pending actors: later, earlier, in callbacks, after the fire.
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { Scheduler } from '../src/index.ts';
import { manualScheduler } from './fixtures/manual-scheduler.ts';

for (const [what, moves, expected] of [
  ['later', [50], [50]],
  ['earlier', [5], [5]],
  ['later and earlier', [50, 5], [5]],
  ['earlier and later', [5, 50], [50]],
  ['to the same deadline', [20], [20]],
  ['a hundred times later', Array.from({ length: 100 }, (_, at) => 21 + at), [120]],
  ['to now', [0], [0]],
] as const) {
  test(`moved ${what}, fires once`, (t) => {
    const { clock, scheduler, seen } = manualScheduler();
    const handle = scheduler.after(20, () => seen.push(clock.now()));
    for (const delay of moves) t.true(scheduler.rearm(handle, delay));
    t.is(scheduler.deadlineOf(handle), expected[0]);
    clock.advance(1000);
    t.deepEqual(seen, [...expected]);
  });
}

test('rearm counts from now, reschedule is absolute', (t) => {
  const { clock, scheduler } = manualScheduler();
  const handle = scheduler.after(20, () => {});
  clock.advance(10);
  scheduler.rearm(handle, 20);
  t.is(scheduler.deadlineOf(handle), 30);
  scheduler.reschedule(handle, 25);
  t.is(scheduler.deadlineOf(handle), 25);
});

test('a time-out put off again and again fires once, after the last', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const handle = scheduler.after(100, () => seen.push(clock.now()));
  for (let touch = 0; touch < 50; touch++) {
    clock.advance(90);
    t.true(scheduler.rearm(handle, 100));
  }
  clock.advance(1000);
  t.deepEqual(seen, [50 * 90 + 100]);
});

test('moved in the callback of another that is due at the same instant', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  scheduler.after(10, () => scheduler.rearm(second, 5));
  const second = scheduler.after(10, () => seen.push(clock.now()));
  clock.advance(100);
  t.deepEqual(seen, [15]);
});

test.serial('moved so in real time, in the middle of a burst of arms', async (t) => {
  const scheduler = new Scheduler();
  const moved = new Promise<void>((resolve) => {
    scheduler.after(1, () => {
      for (let arm = 0; arm < 10_000; arm++) scheduler.after(60_000, () => {});
      scheduler.rearm(second, 60_000);
      resolve();
    });
  });
  const second = scheduler.after(1, () => t.fail());
  const start = performance.now();
  // Both are due before the loop is free, so they come with one wake-up.
  while (performance.now() < start + 50);
  await moved;
  await nextTurn();
  t.true((scheduler.deadlineOf(second) ?? 0) > scheduler.now() + 1000);
  scheduler.close();
});

test('a recurring one, moved so', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  scheduler.after(10, () => scheduler.rearm(second, 5));
  const second = scheduler.every(10, () => seen.push(clock.now()));
  clock.advance(30);
  t.deepEqual(seen, [15, 25]);
});

test('moved to now in such a callback: still fires, once', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  scheduler.after(10, () => scheduler.rearm(second, 0));
  const second = scheduler.after(10, () => seen.push(clock.now()));
  clock.advance(100);
  t.deepEqual(seen, [10]);
});

test('moved later and back again after it was handed over: fires once', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  scheduler.after(10, () => {
    scheduler.rearm(second, 50);
    scheduler.rearm(second, 3);
  });
  const second = scheduler.after(10, () => seen.push(clock.now()));
  clock.advance(100);
  t.deepEqual(seen, [13]);
});

test('inside its own callback and after the fire a handle is stale', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const handle: number = scheduler.after(10, () => seen.push(scheduler.rearm(handle, 5)));
  clock.advance(100);
  t.deepEqual(seen, [false]);
  t.false(scheduler.rearm(handle, 5));
  t.false(scheduler.reschedule(handle, 500));
  clock.advance(1000);
  t.is(seen.length, 1);
});

test('overdue and moved before it could fire: the new deadline counts', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const handle = scheduler.after(10, () => seen.push(clock.now()));
  clock.elapse(50);
  t.true(scheduler.rearm(handle, 10));
  clock.advance(100);
  t.deepEqual(seen, [60]);
});

test('a moved one that is due with others comes with its new deadline', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  const moved = scheduler.after(5, note, 'moved');
  scheduler.after(10, note, 'armed');
  scheduler.rearm(moved, 11);
  scheduler.after(12, note, 'last');
  clock.advance(100);
  t.deepEqual(seen, ['armed', 'moved', 'last']);
});

test('rearm of a recurring one moves its grid', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const handle = scheduler.every(10, () => seen.push(clock.now()));
  clock.advance(25);
  t.true(scheduler.rearm(handle, 3));
  clock.advance(25);
  t.deepEqual(seen, [10, 20, 28, 38, 48]);
});
