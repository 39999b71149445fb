// What the core is told of arms that are held back for a turn. Time stands still but for the test.
import test from 'ava';
import { HostedTimers } from './fixtures/hosted-timers.ts';

/** Far enough to be held back, and too near to be held beyond the turn. */
const LATER_NS = 1e9;
const NEAR_NS = 5e6;

test('the first arms are told at once', (t) => {
  const hosted = new HostedTimers();
  for (let count = 0; count < 10; count++) {
    hosted.nowNs = count * 1e6;
    hosted.arm(LATER_NS);
  }
  t.is(hosted.told().length, 10);
});

test('arms of a burst are told in their order at the end of the turn', (t) => {
  const hosted = HostedTimers.inBurst();
  const slots = [hosted.arm(LATER_NS + 2), hosted.arm(LATER_NS), hosted.arm(LATER_NS + 1)];
  t.deepEqual(hosted.told(), []);
  t.is(hosted.turnsWatched, 1);
  hosted.timers.endTurn();
  t.deepEqual(hosted.told(), [
    { slot: slots[0], deadlineNs: LATER_NS + 2 },
    { slot: slots[1], deadlineNs: LATER_NS },
    { slot: slots[2], deadlineNs: LATER_NS + 1 },
  ]);
});

test('the next turn begins without a burst', (t) => {
  const hosted = HostedTimers.inBurst();
  hosted.arm(LATER_NS);
  hosted.timers.endTurn();
  const slot = hosted.arm(LATER_NS);
  t.is(hosted.told().at(-1)?.slot, slot);
  t.is(hosted.told().length, 2);
});

test('near arms of a burst are told at once', (t) => {
  const hosted = HostedTimers.inBurst();
  hosted.arm(LATER_NS);
  const slot = hosted.arm(NEAR_NS);
  t.deepEqual(hosted.told(), [{ slot, deadlineNs: NEAR_NS }]);
});

test('what is cancelled in the same turn is neither told nor counted as stale', (t) => {
  const hosted = HostedTimers.inBurst();
  const slots = [hosted.arm(LATER_NS), hosted.arm(LATER_NS), hosted.arm(LATER_NS)];
  for (const slot of slots) hosted.timers.cancel(slot);
  hosted.timers.cancel(hosted.arm(LATER_NS));
  hosted.timers.endTurn();
  t.deepEqual(hosted.told(), []);
  t.is(hosted.stale(), 0);
  t.is(hosted.timers.pending, 0);
});

test('what is cancelled in a later turn is counted as stale', (t) => {
  const hosted = HostedTimers.inBurst();
  const slot = hosted.arm(LATER_NS);
  hosted.timers.endTurn();
  hosted.timers.cancel(slot);
  t.is(hosted.stale(), 1);
});

test('a slot that is used again in the same turn is told once', (t) => {
  const hosted = HostedTimers.inBurst();
  const first = hosted.arm(LATER_NS);
  hosted.arm(LATER_NS + 1);
  hosted.timers.cancel(first);
  t.is(hosted.arm(LATER_NS + 2), first);
  hosted.timers.endTurn();
  t.deepEqual(
    hosted.told().map(({ deadlineNs }) => deadlineNs),
    [LATER_NS + 1, LATER_NS + 2],
  );
});

test('what is moved to later in the same turn is told once, with the later deadline', (t) => {
  const hosted = HostedTimers.inBurst();
  const slot = hosted.arm(LATER_NS);
  hosted.timers.rearm(slot, LATER_NS * 2);
  hosted.timers.endTurn();
  t.deepEqual(hosted.told(), [{ slot, deadlineNs: LATER_NS * 2 }]);
  t.is(hosted.stale(), 0);
});

test('what is moved to earlier in the same turn is told once, with the earlier deadline', (t) => {
  const hosted = HostedTimers.inBurst();
  const slot = hosted.arm(LATER_NS);
  hosted.timers.rearm(slot, NEAR_NS);
  hosted.timers.endTurn();
  t.deepEqual(hosted.told(), [{ slot, deadlineNs: NEAR_NS }]);
  t.is(hosted.stale(), 0);
  hosted.timers.cancel(slot);
  t.is(hosted.stale(), 1);
});

test('more than can be held back are told before the end of the turn', (t) => {
  const hosted = HostedTimers.inBurst();
  const slots = Array.from({ length: 3000 }, () => hosted.arm(LATER_NS));
  t.true(hosted.told().length > 0);
  hosted.timers.endTurn();
  t.deepEqual(
    hosted.told().map(({ slot }) => slot),
    slots,
  );
});

test('an actor that is closed with the others is not told', (t) => {
  const hosted = HostedTimers.inBurst();
  hosted.arm(LATER_NS);
  hosted.timers.clear();
  hosted.timers.endTurn();
  t.deepEqual(hosted.told(), []);
});
