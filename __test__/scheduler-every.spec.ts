// Recurring actors of the scheduler: a fixed grid, missed slots skipped and counted.
import test from 'ava';
import fc from 'fast-check';
import { Scheduler } from '../src/index.ts';
import { manualScheduler } from './fixtures/manual-scheduler.ts';

test('first after one interval, then on the grid', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  clock.advance(3);
  scheduler.every(10, () => seen.push(clock.now()));
  clock.advance(45);
  t.deepEqual(seen, [13, 23, 33, 43]);
});

test('no drift in a hundred thousand ticks', (t) => {
  const { clock, scheduler } = manualScheduler();
  let last = 0;
  scheduler.every(0.1, () => {
    last = clock.now();
  });
  clock.advance(10_000);
  t.is(last, 10_000);
});

for (const [busyMs, starts, missed] of [
  [5, [10, 20, 30, 40], 0],
  [10, [10, 30, 40, 50], 1],
  [35, [10, 50, 60, 70], 3],
] as const) {
  test(`a first tick of ${busyMs} ms: ${missed} slots are missed`, (t) => {
    const { clock, scheduler, seen } = manualScheduler();
    const handle = scheduler.every(10, () => {
      if (seen.push(clock.now()) === 1) clock.elapse(busyMs);
      if (seen.length === 4) scheduler.cancel(handle);
    });
    clock.advance(500);
    t.deepEqual(seen, [...starts]);
    t.is(scheduler.stats().missed, missed);
  });
}

test('any busy times: on the grid, never overlapping, every slot fired or missed', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 20 }), (busyMs) => {
      const { clock, scheduler } = manualScheduler();
      const starts: number[] = [];
      const handle = scheduler.every(10, () => {
        starts.push(clock.now());
        clock.elapse(busyMs[starts.length - 1] ?? 0);
        if (starts.length > busyMs.length) scheduler.cancel(handle);
      });
      clock.advance(5000);
      const last = starts.at(-1) as number;
      t.true(starts.every((start) => start % 10 === 0));
      t.is(starts.length + scheduler.stats().missed, last / 10);
      scheduler.close();
    }),
  );
});

test('cancel inside its own tick', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const handle: number = scheduler.every(10, () => seen.push(scheduler.cancel(handle)));
  clock.advance(100);
  t.deepEqual(seen, [true]);
  t.is(scheduler.pending(), 0);
});

test('cancel inside its tick, and the slot taken at once by another that recurs', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  const handle = scheduler.every(10, () => {
    scheduler.cancel(handle);
    scheduler.every(7, note, 'new');
  });
  clock.advance(25);
  t.deepEqual(seen, ['new', 'new']);
});

test('move inside its own tick: the grid starts there', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  const handle = scheduler.every(10, () => {
    if (seen.push(clock.now()) === 2) scheduler.rearm(handle, 4);
  });
  clock.advance(50);
  t.deepEqual(seen, [10, 20, 24, 34, 44]);
});

test('several on one grid keep their order', (t) => {
  const { clock, scheduler, seen, note } = manualScheduler();
  for (const name of ['a', 'b', 'c']) scheduler.every(10, note, name);
  clock.advance(30);
  t.deepEqual(seen.slice(0, 3), ['a', 'b', 'c']);
  t.is(seen.length, 9);
});

for (const interval of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-7, '0ms', 'often']) {
  test(`an interval of ${interval} is refused`, (t) => {
    const { scheduler } = manualScheduler();
    const error = t.throws(() => scheduler.every(interval, () => {}), {
      code: 'BACKBEAT_INVALID_ARGUMENT',
    });
    t.like(error, { argument: 'intervalMs', value: interval });
    t.is(scheduler.pending(), 0);
  });
}

test('an endless interval never ticks', (t) => {
  const { clock, scheduler } = manualScheduler();
  scheduler.every(Number.MAX_VALUE, () => t.fail());
  clock.advance(1e9);
  t.is(scheduler.pending(), 1);
});

test.serial('in real time: on the grid and never early', async (t) => {
  using scheduler = new Scheduler();
  const begin = scheduler.now();
  const starts: number[] = [];
  await new Promise<void>((resolve) => {
    scheduler.every(5, () => {
      if (starts.push(scheduler.now() - begin) === 20) resolve();
    });
  });
  t.true(starts.every((start, tick) => start >= (tick + 1) * 5));
});
