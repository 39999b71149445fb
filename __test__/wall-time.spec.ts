// Instants of the wall clock: kept right when it is set, never early by it.
import test from 'ava';
import fc from 'fast-check';
import { Scheduler } from '../src/index.ts';
import { CoarseWallClock, SettableWallClock } from './fixtures/settable-wall-clock.ts';

const SECOND = 1000;

/** Fires at wall 60 s after a jump at 5 s; gives the monotonic seconds of the firing. */
function firedAfterJump(bySeconds: number): number[] {
  const clock = new SettableWallClock();
  const scheduler = new Scheduler({ clock });
  const fired: number[] = [];
  scheduler.at(60 * SECOND, () => fired.push(clock.now() / SECOND));
  clock.advance(5 * SECOND);
  clock.setWallClockBy(bySeconds * SECOND);
  clock.advance(1000 * SECOND);
  return fired;
}

for (const [bySeconds, expected] of [
  [0, 60],
  [30, 30],
  [-30, 90],
  [0.5, 59.5],
  [-0.5, 60.5],
] as const) {
  test(`the wall clock set by ${bySeconds} s: fires when it shows the instant`, (t) => {
    t.deepEqual(firedAfterJump(bySeconds), [expected]);
  });
}

test('set forward beyond the instant: noticed within ten seconds', (t) => {
  const [firedAt] = firedAfterJump(100) as [number];
  t.true(firedAt >= 5 && firedAt <= 15, `fired at ${firedAt} s`);
});

test('set back just before the instant: not early', (t) => {
  const clock = new SettableWallClock();
  const scheduler = new Scheduler({ clock });
  const shown: number[] = [];
  scheduler.at(12 * SECOND, () => shown.push(clock.wallNow()));
  clock.advance(11.999 * SECOND);
  clock.setWallClockBy(-3 * SECOND);
  clock.advance(1000 * SECOND);
  t.deepEqual(shown, [12 * SECOND]);
});

for (const byMs of [0.1, 0.6, 1, 1.9, 2.1, 50]) {
  test(`slowed down by ${byMs} ms: fires as soon as whole milliseconds show the instant`, (t) => {
    const clock = new CoarseWallClock({ wallEpochMs: Date.parse('2030-01-01') });
    const scheduler = new Scheduler({ clock });
    const shown: number[] = [];
    const when = clock.wallNow() + 5 * SECOND;
    scheduler.at(when, () => shown.push(clock.wallNow()));
    clock.advance(1 * SECOND);
    clock.setWallClockBy(-byMs);
    clock.advance(5 * SECOND);
    t.is(shown.length, 1);
    t.true((shown[0] as number) >= when && (shown[0] as number) <= when + 2, `${shown}`);
  });
}

test('set back again and again: not early, and in the end it fires', (t) => {
  const clock = new SettableWallClock();
  const scheduler = new Scheduler({ clock });
  const shown: number[] = [];
  scheduler.at(20 * SECOND, () => shown.push(clock.wallNow()));
  for (let turn = 0; turn < 10; turn++) {
    clock.advance(15 * SECOND);
    clock.setWallClockBy(-15 * SECOND);
  }
  t.deepEqual(shown, []);
  clock.advance(100 * SECOND);
  t.is(shown.length, 1);
  t.true((shown[0] as number) >= 20 * SECOND);
});

test('delays do not care about the wall clock', (t) => {
  const clock = new SettableWallClock();
  const scheduler = new Scheduler({ clock });
  const fired: number[] = [];
  scheduler.at(60 * SECOND, () => {});
  scheduler.after(60 * SECOND, () => fired.push(clock.now()));
  clock.advance(5 * SECOND);
  clock.setWallClockBy(50 * SECOND);
  clock.advance(100 * SECOND);
  t.deepEqual(fired, [60 * SECOND]);
});

test('an instant in the past fires at the next advance', (t) => {
  const clock = new SettableWallClock({ wallEpochMs: 1000 });
  const scheduler = new Scheduler({ clock });
  let fired = 0;
  scheduler.at(500, () => fired++);
  t.is(fired, 0);
  clock.advance(0);
  t.is(fired, 1);
});

test('a cancelled one does not fire after a jump', (t) => {
  const clock = new SettableWallClock();
  const scheduler = new Scheduler({ clock });
  const handle = scheduler.at(60 * SECOND, () => t.fail());
  t.true(scheduler.cancel(handle));
  clock.setWallClockBy(100 * SECOND);
  clock.advance(100 * SECOND);
  t.is(scheduler.pending(), 0);
});

test('the look at the wall clock is not counted as pending, and ends with the last instant', (t) => {
  const clock = new SettableWallClock();
  const scheduler = new Scheduler({ clock });
  scheduler.at(15 * SECOND, () => {});
  t.is(scheduler.pending(), 1);
  clock.advance(15 * SECOND);
  t.is(scheduler.pending(), 0);
  clock.advance(20 * SECOND);
  t.is(scheduler.stats().queued, 0);
});

test('instants armed after an earlier watch has ended are kept right too', (t) => {
  const clock = new SettableWallClock();
  const scheduler = new Scheduler({ clock });
  scheduler.at(1 * SECOND, () => {});
  clock.advance(50 * SECOND);
  clock.setWallClockBy(-20 * SECOND);
  const shown: number[] = [];
  scheduler.at(40 * SECOND, () => shown.push(clock.wallNow()));
  clock.advance(100 * SECOND);
  t.deepEqual(shown, [40 * SECOND]);
});

test('a wall clock of whole milliseconds has reached the instant when it fires', (t) => {
  const offset = fc.double({ min: 0, max: 5, noNaN: true });
  fc.assert(
    fc.property(offset, fc.integer({ min: 1, max: 30_000 }), (armedAtMs, whenMs) => {
      const clock = new CoarseWallClock();
      const scheduler = new Scheduler({ clock });
      clock.elapse(armedAtMs);
      let shown = Number.NaN;
      let firedAt = Number.NaN;
      scheduler.at(whenMs, () => {
        shown = clock.wallNow();
        firedAt = clock.now();
      });
      clock.advance(40_000);
      t.true(shown >= whenMs);
      t.true(firedAt <= Math.max(whenMs, armedAtMs) + 2);
    }),
  );
});

test.serial('in real time: never before Date.now() shows the instant', async (t) => {
  using scheduler = new Scheduler();
  const missing: number[] = [];
  await new Promise<void>((resolve) => {
    for (let at = 0; at < 50; at++) {
      const when = Date.now() + at;
      scheduler.at(when, () => {
        if (missing.push(when - Date.now()) === 50) resolve();
      });
    }
  });
  t.true(Math.max(...missing) <= 0);
});

for (const [what, when] of [
  ['a Date', new Date(5000)],
  ['an ISO string', '1970-01-01T00:00:05.000Z'],
  ['an ISO string with an offset', '1970-01-01T02:00:05+02:00'],
  ['milliseconds', 5000],
  ['a Temporal instant', { epochMilliseconds: 5000 }],
] as const) {
  test(`${what} is an instant`, (t) => {
    const clock = new SettableWallClock();
    const scheduler = new Scheduler({ clock });
    t.is(scheduler.deadlineOf(scheduler.at(when, () => {})), 5000);
  });
}

for (const when of [Number.NaN, Number.NEGATIVE_INFINITY, 'soon', {}, null, undefined, true, 5n]) {
  test(`${String(when)} (${typeof when}) is no instant`, (t) => {
    const scheduler = new Scheduler({ clock: new SettableWallClock() });
    const error = t.throws(() => scheduler.at(when as never, () => {}), {
      code: 'BACKBEAT_INVALID_ARGUMENT',
    });
    t.like(error, { argument: 'when', value: when });
    t.is(scheduler.pending(), 0);
  });
}
