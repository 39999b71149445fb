// The manual clock: advance, advanceTo, advanceAsync, elapse.
import test from 'ava';
import { ManualClock, Scheduler } from '../src/index.ts';
import { manualScheduler } from './fixtures/manual-scheduler.ts';

test('starts at 0, shows its wall epoch', (t) => {
  const clock = new ManualClock({ wallEpochMs: 5000 });
  t.deepEqual([clock.now(), clock.wallNow()], [0, 5000]);
  clock.advance(1.5);
  t.deepEqual([clock.now(), clock.wallNow()], [1.5, 5001.5]);
});

test('moves without a scheduler, and with one that has nothing', (t) => {
  const { clock } = manualScheduler();
  clock.advance('2s');
  t.is(clock.now(), 2000);
});

test('stands at the end of the advance, not at the last deadline', (t) => {
  const { clock, scheduler } = manualScheduler();
  scheduler.after(3, () => {});
  clock.advance(10);
  t.is(clock.now(), 10);
});

test('exclusive leaves what is due exactly then', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  scheduler.after(9.999999, note, 'before');
  scheduler.after(10, note, 'then');
  clock.advanceTo(10, { exclusive: true });
  t.deepEqual([clock.now(), ...seen], [10, 'before']);
  clock.advanceTo(10, { exclusive: true });
  t.is(seen.length, 1);
  clock.advanceTo(10);
  t.deepEqual(seen, ['before', 'then']);
});

test('exclusive to the present leaves what is due now', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  scheduler.after(0, note);
  clock.advanceTo(0, { exclusive: true });
  t.deepEqual(seen, []);
});

test('elapse fires nothing; what became due meanwhile fires late, in order', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  for (const delay of [2, 1]) scheduler.after(delay, () => seen.push([delay, clock.now()]));
  clock.elapse(5);
  t.deepEqual(seen, []);
  clock.advance(0);
  t.deepEqual(seen, [
    [1, 5],
    [2, 5],
  ]);
});

test('exclusive after elapse fires what is overdue', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  scheduler.after(1, note, 1);
  scheduler.after(5, note, 5);
  clock.elapse(5);
  clock.advanceTo(5, { exclusive: true });
  t.deepEqual(seen, [1]);
});

test('advanceAsync lets asynchronous callbacks get on between instants', async (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => scheduler.after(ms, () => resolve()));
  const chain = async (): Promise<void> => {
    for (let step = 0; step < 3; step++) {
      await wait(10);
      seen.push(clock.now());
    }
  };
  void chain();
  await clock.advanceAsync(100);
  t.deepEqual(seen, [10, 20, 30]);
  t.is(clock.now(), 100);
});

for (const [what, call, argument] of [
  ['a negative advance', (clock: ManualClock) => clock.advance(-1), 'ms'],
  ['a negative elapse', (clock: ManualClock) => clock.elapse('-1s'), 'ms'],
  ['NaN', (clock: ManualClock) => clock.advance(Number.NaN), 'ms'],
  ['an instant in the past', (clock: ManualClock) => clock.advanceTo(9), 'ms'],
  ['an endless instant', (clock: ManualClock) => clock.advanceTo(Infinity), 'ms'],
] as const) {
  test(`${what} is refused, and the clock stands still`, (t) => {
    const clock = new ManualClock();
    clock.advance(10);
    const error = t.throws(() => call(clock), { code: 'BACKBEAT_INVALID_ARGUMENT' });
    t.like(error, { argument });
    t.is(clock.now(), 10);
  });
}

test('advanceAsync refuses by rejecting', async (t) => {
  await t.throwsAsync(new ManualClock().advanceAsync(-1), { code: 'BACKBEAT_INVALID_ARGUMENT' });
});

test('one clock drives one scheduler at a time', (t) => {
  const clock = new ManualClock();
  const first = new Scheduler({ clock });
  t.throws(() => new Scheduler({ clock }), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  first.close();
  const second = new Scheduler({ clock });
  first.close();
  let fired = 0;
  second.after(1, () => fired++);
  clock.advance(1);
  t.is(fired, 1);
});

test('something that is no clock is refused', (t) => {
  const error = t.throws(() => new Scheduler({ clock: { now: () => 0 } as never }), {
    code: 'BACKBEAT_INVALID_ARGUMENT',
  });
  t.like(error, { argument: 'clock' });
});
