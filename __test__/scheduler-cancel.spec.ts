// Cancelling, stale handles, and the bulk forms.
import test from 'ava';
import { manualScheduler } from './fixtures/manual-scheduler.ts';

test('a cancelled actor does not fire', (t) => {
  const { clock, scheduler } = manualScheduler();
  const handle = scheduler.after(10, () => t.fail());
  t.true(scheduler.cancel(handle));
  clock.advance(100);
  t.is(scheduler.pending(), 0);
});

test('a second cancel returns false', (t) => {
  const { scheduler } = manualScheduler();
  const handle = scheduler.after(10, () => {});
  t.deepEqual([scheduler.cancel(handle), scheduler.cancel(handle)], [true, false]);
});

test('cancelled by the callback before it in the same batch', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  scheduler.after(10, () => seen.push(scheduler.cancel(second)));
  const second = scheduler.after(10, () => t.fail());
  scheduler.after(10, () => seen.push('third'));
  clock.advance(100);
  t.deepEqual(seen, [true, 'third']);
});

test('cancelled in a batch and its slot taken by another: only the other fires', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  scheduler.after(10, () => {
    scheduler.cancel(second);
    scheduler.after(5, note, 'new');
  });
  const second = scheduler.after(10, note, 'old');
  clock.advance(100);
  t.deepEqual(seen, ['new']);
});

test('an overdue one that was not fired yet can be cancelled', (t) => {
  const { clock, scheduler } = manualScheduler();
  const handle = scheduler.after(10, () => t.fail());
  clock.elapse(50);
  t.true(scheduler.cancel(handle));
  clock.advance(50);
});

test('in its own callback and after the fire a handle is stale', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const handle: number = scheduler.after(10, () => seen.push(scheduler.cancel(handle)));
  clock.advance(100);
  t.deepEqual([...seen, scheduler.cancel(handle)], [false, false]);
});

test('a stale handle cannot reach the actor that took its slot', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  const stale = scheduler.after(10, () => t.fail());
  scheduler.cancel(stale);
  for (let use = 0; use < 100; use++) {
    const handle = scheduler.after(10, note, use);
    t.not(handle, stale);
    t.false(scheduler.cancel(stale));
    t.false(scheduler.rearm(stale, 1000));
    t.false(scheduler.unref(stale));
    t.false(scheduler.hasRef(stale));
    t.is(scheduler.deadlineOf(stale), undefined);
    if (use < 99) scheduler.cancel(handle);
  }
  clock.advance(10);
  t.deepEqual(seen, [99]);
});

for (const handle of [
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  2 ** 28 + 1,
  '1',
  null,
  undefined,
  {},
]) {
  test(`${String(handle)} (${typeof handle}) is no handle and no error`, (t) => {
    const { scheduler } = manualScheduler();
    t.false(scheduler.cancel(handle as never));
    scheduler.after(10, () => {});
    t.false(scheduler.cancel(handle as never));
    t.false(scheduler.rearm(handle as never, 5));
    t.false(scheduler.reschedule(handle as never, 5));
    t.false(scheduler.ref(handle as never));
    t.is(scheduler.deadlineOf(handle as never), undefined);
    t.is(scheduler.pending(), 1);
  });
}

test('a handle is never 0 and always a safe integer', (t) => {
  const { scheduler } = manualScheduler();
  for (let use = 0; use < 50_000; use++) {
    const handle = scheduler.after(10, () => {});
    if (!(handle > 0 && Number.isSafeInteger(handle))) t.fail(`${handle}`);
    if (use % 3 === 0) scheduler.cancel(handle);
  }
  t.pass();
});

test('afterAll arms all from the moment of the call, with an index each', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  clock.advance(5);
  const handles = scheduler.afterAll([30, 10, 20], note);
  t.true(handles instanceof Float64Array);
  t.deepEqual(
    [...handles].map((handle) => scheduler.deadlineOf(handle)),
    [35, 15, 25],
  );
  clock.advance(100);
  t.deepEqual(seen, [1, 2, 0]);
});

test('afterAll takes an argument for each', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  scheduler.afterAll(new Float32Array([2, 1]), note, ['b', 'a']);
  clock.advance(100);
  t.deepEqual(seen, ['a', 'b']);
});

test('afterAll of nothing is nothing', (t) => {
  const { scheduler } = manualScheduler();
  t.is(scheduler.afterAll([], () => {}).length, 0);
  t.is(scheduler.pending(), 0);
});

for (const [what, delays, args, argument] of [
  ['a delay that is none', [1, Number.NaN], undefined, 'delaysMs'],
  ['too few arguments', [1, 2], ['a'], 'args'],
  ['a delay of a wrong type', [1, {}], undefined, 'delaysMs'],
] as const) {
  test(`afterAll refuses ${what} and arms nothing`, (t) => {
    const { scheduler } = manualScheduler();
    const error = t.throws(() => scheduler.afterAll(delays as never, () => {}, args as never), {
      code: 'BACKBEAT_INVALID_ARGUMENT',
    });
    t.like(error, { argument });
    t.is(scheduler.pending(), 0);
  });
}

test('afterAll takes numbers only, not even delays with their unit', (t) => {
  const { scheduler } = manualScheduler();
  t.throws(() => scheduler.afterAll(['1s'] as never, () => {}), {
    code: 'BACKBEAT_INVALID_ARGUMENT',
  });
  t.throws(() => scheduler.afterAll(undefined as never, () => {}), {
    code: 'BACKBEAT_INVALID_ARGUMENT',
  });
  t.is(scheduler.pending(), 0);
});

test('cancelAll counts those that were pending', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  const handles = scheduler.afterAll([1, 10, 20, 30], note);
  clock.advance(5);
  scheduler.cancel(handles[1] as number);
  t.is(scheduler.cancelAll(handles), 2);
  t.is(scheduler.cancelAll(handles), 0);
  clock.advance(100);
  t.deepEqual(seen, [0]);
});

test('pending counts what is armed', (t) => {
  const { clock, scheduler } = manualScheduler();
  t.is(scheduler.pending(), 0);
  scheduler.after(10, () => t.is(scheduler.pending(), 2));
  const handle = scheduler.after(20, () => {});
  const ticking = scheduler.every(15, () => {});
  t.is(scheduler.pending(), 3);
  scheduler.rearm(handle, 5000);
  clock.advance(100);
  t.is(scheduler.pending(), 2);
  scheduler.cancelAll([handle, ticking]);
  t.is(scheduler.pending(), 0);
});

test('ref flags are kept through a move', (t) => {
  const { scheduler } = manualScheduler();
  const handle = scheduler.after(10, () => {});
  t.true(scheduler.hasRef(handle));
  t.true(scheduler.unref(handle));
  t.true(scheduler.unref(handle));
  scheduler.rearm(handle, 5);
  scheduler.rearm(handle, 50);
  t.false(scheduler.hasRef(handle));
  t.true(scheduler.ref(handle));
  t.true(scheduler.hasRef(handle));
});
