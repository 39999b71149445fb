// What the core is told of a burst of arms, and when. Time stands still but for the test.
import test from 'ava';
import { IsolateTimers } from '../src/isolate-timers.ts';
import { SharedRings } from '../src/shared-memory.ts';
import type { NativeTimers, TimerHost } from '../src/timer-host.ts';

const COMMAND_TAIL = 0;
const STALE = 1;
const COMMANDS_AT = 128;
const FAR_NS = 30e9;
const NEAR_NS = 5e6;
/** Arms that it takes to begin a burst. */
const LONE_ARMS = 5;

interface Command {
  readonly deadlineNs: number;
  readonly slot: number;
}

/** Timers whose core is the test, in a burst. */
function inBurst(): {
  readonly timers: IsolateTimers;
  readonly told: () => Command[];
  readonly stale: () => number;
  readonly turnsWatched: () => number;
  readonly arm: (delayNs?: number) => number;
} {
  const rings = new SharedRings();
  const words = new Int32Array(rings.buffer);
  const doubles = new Float64Array(rings.buffer);
  const none = () => undefined;
  const native = { addChunk: () => 0, kick: none, drain: none } as unknown as NativeTimers;
  let turnsWatched = 0;
  const host = {
    mayCollect: true,
    nowNs: () => 0,
    atEndOfTurn: () => turnsWatched++,
    setHold: none,
  } as unknown as TimerHost;
  const timers = new IsolateTimers(native, rings, host);
  const arm = (delayNs = FAR_NS) => timers.armFrom(0, delayNs, none, undefined, 0);
  for (let count = 0; count < LONE_ARMS - 1; count++) timers.cancel(arm());
  const before = words[COMMAND_TAIL] as number;
  const staleBefore = words[STALE] as number;
  const told = () =>
    Array.from({ length: (words[COMMAND_TAIL] as number) - before }, (_, at) => {
      const cell = (before + at) * 2 + COMMANDS_AT / 8;
      return { deadlineNs: doubles[cell] as number, slot: words[cell * 2 + 2] as number };
    });
  return {
    timers,
    told,
    stale: () => (words[STALE] as number) - staleBefore,
    turnsWatched: () => turnsWatched,
    arm,
  };
}

test('the first arms are told at once', (t) => {
  const rings = new SharedRings();
  const none = () => undefined;
  const native = { addChunk: () => 0, kick: none } as unknown as NativeTimers;
  const host = { setHold: none } as unknown as TimerHost;
  const timers = new IsolateTimers(native, rings, host);
  for (let count = 0; count < 10; count++) timers.armFrom(count * 1e6, FAR_NS, none, undefined, 0);
  t.is(new Int32Array(rings.buffer)[COMMAND_TAIL], 10);
});

test('far arms of a burst are told in their order at the end of the turn', (t) => {
  const { timers, told, arm, turnsWatched } = inBurst();
  const slots = [arm(FAR_NS + 2), arm(FAR_NS), arm(FAR_NS + 1)];
  t.deepEqual(told(), []);
  t.is(turnsWatched(), 1);
  timers.endTurn();
  t.deepEqual(told(), [
    { slot: slots[0], deadlineNs: FAR_NS + 2 },
    { slot: slots[1], deadlineNs: FAR_NS },
    { slot: slots[2], deadlineNs: FAR_NS + 1 },
  ]);
});

test('the next turn begins without a burst', (t) => {
  const { timers, told, arm } = inBurst();
  arm();
  timers.endTurn();
  const slot = arm();
  t.is(told().at(-1)?.slot, slot);
  t.is(told().length, 2);
});

test('near arms of a burst are told at once', (t) => {
  const { told, arm } = inBurst();
  arm();
  const slot = arm(NEAR_NS);
  t.deepEqual(told(), [{ slot, deadlineNs: NEAR_NS }]);
});

test('what is cancelled in the same turn is neither told nor counted as stale', (t) => {
  const { timers, told, stale, arm } = inBurst();
  const slots = [arm(), arm(), arm()];
  for (const slot of slots) timers.cancel(slot);
  timers.cancel(arm());
  timers.endTurn();
  t.deepEqual(told(), []);
  t.is(stale(), 0);
  t.is(timers.pending, 0);
});

test('what is cancelled in a later turn is counted as stale', (t) => {
  const { timers, stale, arm } = inBurst();
  const slot = arm();
  timers.endTurn();
  timers.cancel(slot);
  t.is(stale(), 1);
});

test('a slot that is used again in the same turn is told once', (t) => {
  const { timers, told, arm } = inBurst();
  const first = arm();
  arm(FAR_NS + 1);
  timers.cancel(first);
  t.is(arm(FAR_NS + 2), first);
  timers.endTurn();
  t.deepEqual(
    told().map(({ deadlineNs }) => deadlineNs),
    [FAR_NS + 1, FAR_NS + 2],
  );
});

test('what is moved to later in the same turn is told once, with the later deadline', (t) => {
  const { timers, told, stale, arm } = inBurst();
  const slot = arm();
  timers.rearm(slot, FAR_NS * 2);
  timers.endTurn();
  t.deepEqual(told(), [{ slot, deadlineNs: FAR_NS * 2 }]);
  t.is(stale(), 0);
});

test('what is moved to earlier in the same turn is told once, with the earlier deadline', (t) => {
  const { timers, told, stale, arm } = inBurst();
  const slot = arm();
  timers.rearm(slot, NEAR_NS);
  timers.endTurn();
  t.deepEqual(told(), [{ slot, deadlineNs: NEAR_NS }]);
  t.is(stale(), 0);
  timers.cancel(slot);
  t.is(stale(), 1);
});

test('more than can be held back are told before the end of the turn', (t) => {
  const { timers, told, arm } = inBurst();
  const slots = Array.from({ length: 3000 }, () => arm());
  t.true(told().length > 0);
  timers.endTurn();
  t.deepEqual(
    told().map(({ slot }) => slot),
    slots,
  );
});

test('an actor that is closed with the others is not told', (t) => {
  const { timers, told, arm } = inBurst();
  arm();
  timers.clear();
  timers.endTurn();
  t.deepEqual(told(), []);
});
