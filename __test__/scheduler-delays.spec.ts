// What is a delay, what is none, and durations with their units.
import test from 'ava';
import fc from 'fast-check';
import { InvalidArgumentError, parseDuration } from '../src/index.ts';
import { manualScheduler } from './fixtures/manual-scheduler.ts';

for (const [delay, ms] of [
  [-1, 0],
  [0, 0],
  [1e-9, 0.000001],
  [0.5, 0.5],
  [2 ** 31, 2 ** 31],
  [2 ** 31 - 1, 2 ** 31 - 1],
  ['250ms', 250],
  ['-5s', 0],
  [{ seconds: 1, milliseconds: 5 }, 1005],
] as const) {
  test(`a delay of ${JSON.stringify(delay)} fires at ${ms} ms, not before`, (t) => {
    const { clock, scheduler, seen } = manualScheduler();
    scheduler.after(delay, () => seen.push(clock.now()));
    clock.advanceTo(ms, { exclusive: true });
    t.deepEqual(seen, []);
    clock.advanceTo(ms);
    t.deepEqual(seen, [ms]);
  });
}

for (const delay of [2 ** 53, 1e300, Number.MAX_VALUE]) {
  test(`a delay of ${delay} is pending for ever`, (t) => {
    const { clock, scheduler } = manualScheduler();
    const handle = scheduler.after(delay, () => t.fail());
    clock.advance(1e12);
    t.is(scheduler.pending(), 1);
    t.true(scheduler.cancel(handle));
  });
}

const NO_DELAYS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  '10',
  '',
  'ms',
  '1 parsec',
  '1e999s',
  '0x10ms',
  '1__proto__',
  '1constructor',
  true,
  null,
  undefined,
  Symbol('soon'),
  10n,
  [],
  {},
  { weeks: 1 },
  { seconds: '5' },
  { seconds: Number.NaN },
  () => 5,
];

for (const delay of NO_DELAYS) {
  test(`${typeof delay} ${typeof delay === 'object' ? JSON.stringify(delay) : String(delay)} is no delay`, (t) => {
    const { scheduler } = manualScheduler();
    const handle = scheduler.after(1000, () => {});
    for (const [argument, call] of [
      ['delayMs', () => scheduler.after(delay as never, () => {})],
      ['intervalMs', () => scheduler.every(delay as never, () => {})],
      ['delayMs', () => scheduler.rearm(handle, delay as never)],
      ['deadlineMs', () => scheduler.schedule(delay as never, () => {})],
      ['deadlineMs', () => scheduler.reschedule(handle, delay as never)],
    ] as const) {
      const error = t.throws(call, { instanceOf: InvalidArgumentError });
      t.is(error.argument, argument);
      t.true(Object.is(error.value, delay));
      t.true(error.message.startsWith(`${argument} must be a`), error.message);
    }
    t.is(scheduler.pending(), 1);
    t.is(scheduler.deadlineOf(handle), 1000);
  });
}

for (const callback of [undefined, null, 'run', {}]) {
  test(`${String(callback)} is no callback`, (t) => {
    const { scheduler } = manualScheduler();
    const cb = callback as never;
    for (const call of [
      () => scheduler.after(1, cb),
      () => scheduler.every(1, cb),
      () => scheduler.at(1, cb),
      () => scheduler.schedule(1, cb),
      () => scheduler.afterAll([1], cb),
    ]) {
      const error = t.throws(call, { instanceOf: InvalidArgumentError });
      t.like(error, { argument: 'callback', value: callback });
    }
    t.is(scheduler.pending(), 0);
  });
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  sec: 1e3,
  m: 6e4,
  min: 6e4,
  h: 36e5,
  d: 864e5,
};

test('any amount with any unit, with or without spaces', (t) => {
  const amount = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const space = fc.constantFrom('', ' ', '  ');
  fc.assert(
    fc.property(amount, fc.constantFrom(...Object.keys(UNITS)), space, (value, unit, gap) => {
      const text = `${gap}${value}${gap}${unit}${gap}`;
      t.is(parseDuration(text, 's', 'x'), Number(`${value}`) * (UNITS[unit] as number));
    }),
  );
});

test('any number in the unit of the argument', (t) => {
  fc.assert(
    fc.property(
      fc.double({ noDefaultInfinity: true, noNaN: true, max: 1e300, min: -1e300 }),
      (value) => {
        t.is(parseDuration(value, 'ms', 'x'), value);
        t.is(parseDuration(value, 's', 'x'), value * 1000);
      },
    ),
  );
});

test('any fields add up', (t) => {
  const field = fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: undefined });
  const fields = fc.record({ hours: field, minutes: field, seconds: field, milliseconds: field });
  fc.assert(
    fc.property(fields, ({ hours, minutes, seconds, milliseconds }) => {
      const all = [hours, minutes, seconds, milliseconds];
      fc.pre(all.some((amount) => amount !== undefined));
      const ms = all.map((amount, at) => (amount ?? 0) * ([36e5, 6e4, 1e3, 1][at] as number));
      const duration = { hours, minutes, seconds, milliseconds } as never;
      t.is(
        parseDuration(duration, 's', 'x'),
        ms.reduce((sum, part) => sum + part),
      );
    }),
  );
});

test('any text either is a duration or names the argument and the value', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        t.true(Number.isFinite(parseDuration(text, 'ms', 'pause')));
      } catch (error) {
        t.like(error, { code: 'BACKBEAT_INVALID_ARGUMENT', argument: 'pause', value: text });
      }
    }),
    { numRuns: 1000 },
  );
});

test('a Temporal.Duration with getters on its prototype is read', (t) => {
  class Duration {
    get minutes(): number {
      return 2;
    }
    get weeks(): number {
      return 0;
    }
  }
  t.is(parseDuration(new Duration(), 'ms', 'x'), 120_000);
});

test('a long value is cut in the message', (t) => {
  const error = t.throws(() => parseDuration('x'.repeat(10_000), 'ms', 'delay'));
  t.true((error?.message.length ?? 0) < 300);
});
