// What the core is told of far arms that are held back beyond their turn, and what happens when a
// loop comes back after their deadlines. Time stands still but for the test.
import test from 'ava';
import { HostedTimers } from './fixtures/hosted-timers.ts';

const SECOND_NS = 1e9;
const FAR_NS = 30 * SECOND_NS;
const NEAR_NS = 5e6;
const LOOK_NS = 50e6;
const WATCH_NS = 500e6;

/** Nothing more is armed until the watch is due. */
function watch(hosted: HostedTimers): void {
  hosted.timers.endTurn();
  hosted.nowNs += WATCH_NS;
  hosted.handOverDue();
}

/** An arm of a later burst looks at what is held. Returns its deadline. */
function look(hosted: HostedTimers): number {
  hosted.timers.endTurn();
  hosted.nowNs += LOOK_NS;
  hosted.beginBurst();
  hosted.arm(FAR_NS);
  return hosted.nowNs + FAR_NS;
}

/** Deadlines told so far, without those of watches. */
function farTold(hosted: HostedTimers): number[] {
  return hosted
    .told()
    .map(({ deadlineNs }) => deadlineNs)
    .filter((deadlineNs) => deadlineNs >= FAR_NS);
}

test('far arms of a burst are told by the watch, in their order, when no other one comes', (t) => {
  const hosted = HostedTimers.inBurst();
  for (const more of [2, 0, 1]) hosted.arm(FAR_NS + more);
  hosted.timers.endTurn();
  t.deepEqual(farTold(hosted), []);
  watch(hosted);
  t.deepEqual(farTold(hosted), [FAR_NS + 2, FAR_NS, FAR_NS + 1]);
});

test('while more arms come, each is told at the second look behind it', (t) => {
  const hosted = HostedTimers.inBurst();
  hosted.arm(FAR_NS);
  const second = look(hosted);
  t.deepEqual(farTold(hosted), []);
  const third = look(hosted);
  t.deepEqual(farTold(hosted), [FAR_NS]);
  look(hosted);
  t.deepEqual(farTold(hosted), [FAR_NS, second]);
  look(hosted);
  t.deepEqual(farTold(hosted), [FAR_NS, second, third]);
});

test('a look that comes late tells all', (t) => {
  const hosted = HostedTimers.inBurst();
  hosted.arm(FAR_NS);
  hosted.nowNs += LOOK_NS;
  look(hosted);
  t.deepEqual(farTold(hosted), [FAR_NS]);
});

test('nobody watches any more when nothing is held', (t) => {
  const hosted = HostedTimers.inBurst();
  hosted.arm(FAR_NS);
  watch(hosted);
  hosted.forget();
  watch(hosted);
  t.deepEqual(hosted.told(), []);
});

test('the watch goes on while something is held', (t) => {
  const hosted = HostedTimers.inBurst();
  for (let looks = 0; looks < 10; looks++) look(hosted);
  const last = look(hosted);
  hosted.timers.endTurn();
  hosted.handOverDue();
  t.false(farTold(hosted).includes(last));
  watch(hosted);
  t.is(farTold(hosted).at(-1), last);
});

test('the watch is no armed actor of the program', (t) => {
  const hosted = HostedTimers.inBurst();
  const slot = hosted.arm(FAR_NS);
  t.is(hosted.timers.pending, 1);
  hosted.timers.cancel(slot);
  t.is(hosted.timers.pending, 0);
});

test('what is cancelled turns later, before the second look, is neither told nor stale', (t) => {
  const hosted = HostedTimers.inBurst();
  const slots = [hosted.arm(FAR_NS), hosted.arm(FAR_NS), hosted.arm(FAR_NS)];
  look(hosted);
  for (const slot of slots) hosted.timers.cancel(slot);
  t.is(hosted.stale(), 0);
  look(hosted);
  t.deepEqual(farTold(hosted), []);
});

test('what is cancelled after it was told is stale', (t) => {
  const hosted = HostedTimers.inBurst();
  const slot = hosted.arm(FAR_NS);
  watch(hosted);
  hosted.timers.cancel(slot);
  t.is(hosted.stale(), 1);
});

test('what is moved while it is held is told once, with its last deadline', (t) => {
  const hosted = HostedTimers.inBurst();
  const later = hosted.arm(FAR_NS);
  const earlier = hosted.arm(FAR_NS);
  hosted.timers.rearm(later, 2 * FAR_NS);
  hosted.timers.rearm(earlier, SECOND_NS);
  watch(hosted);
  t.deepEqual(hosted.told(), [
    { slot: earlier, deadlineNs: SECOND_NS },
    { slot: later, deadlineNs: 2 * FAR_NS },
  ]);
});

test('one that comes now and then is told at once', (t) => {
  const hosted = new HostedTimers();
  for (let count = 1; count <= 100; count++) {
    hosted.nowNs += 1e6;
    hosted.arm(FAR_NS);
  }
  t.is(farTold(hosted).length, 100);
});

test('of those that come one by one, but many, and are cancelled soon, none is told any more', (t) => {
  const hosted = new HostedTimers();
  const pending: number[] = [];
  const step = (): void => {
    hosted.nowNs += 0.5e6;
    pending.push(hosted.arm(FAR_NS));
    if (pending.length > 20) hosted.timers.cancel(pending.shift() as number);
  };
  for (let count = 0; count < 200; count++) step();
  hosted.forget();
  for (let count = 0; count < 1000; count++) step();
  t.deepEqual(farTold(hosted), []);
  t.true(hosted.stale() <= 20);
});

test('when no more can be held, the oldest are told', (t) => {
  const hosted = HostedTimers.inBurst();
  const held = 65_536;
  for (let count = 0; count < held + 10; count++) hosted.arm(FAR_NS + count);
  const told = farTold(hosted);
  t.true(told.length > 0 && told.length < held, `${told.length}`);
  t.deepEqual(
    told,
    told.map((_, at) => FAR_NS + at),
  );
  watch(hosted);
  t.deepEqual(
    farTold(hosted),
    Array.from({ length: held + 10 }, (_, at) => FAR_NS + at),
  );
});

test('after a loop that blocked beyond held deadlines, all run in the order of deadlines', (t) => {
  const hosted = new HostedTimers();
  const ran: number[] = [];
  const note = (delayNs: unknown): void => void ran.push(delayNs as number);
  const arm = (delayNs: number) => hosted.arm(delayNs, note, delayNs);
  arm(1.9 * SECOND_NS);
  arm(2.5 * SECOND_NS);
  hosted.beginBurst();
  for (const seconds of [2.4, 2.0, 2.6, 5]) arm(seconds * SECOND_NS);
  hosted.nowNs = 3 * SECOND_NS;
  hosted.timers.endTurn();
  hosted.handOverDue();
  t.deepEqual(
    ran.map((delayNs) => delayNs / SECOND_NS),
    [1.9, 2.0, 2.4, 2.5, 2.6],
  );
});

test('a callback can cancel, move and keep those that joined its batch', (t) => {
  const hosted = new HostedTimers();
  const ran: string[] = [];
  const slots: Record<string, number> = {};
  const note = (name: unknown): void => {
    ran.push(name as string);
    if (name !== 'first') return;
    hosted.timers.cancel(slots.cancelled as number);
    hosted.timers.rearm(slots.moved as number, 4 * SECOND_NS);
  };
  const arm = (name: string, delayNs: number) => {
    slots[name] = hosted.arm(delayNs, note, name);
  };
  hosted.beginBurst();
  for (const [at, name] of ['first', 'cancelled', 'moved', 'kept'].entries()) {
    arm(name, 2 * SECOND_NS + at);
  }
  hosted.nowNs = 3 * SECOND_NS;
  hosted.timers.endTurn();
  hosted.handOverDue();
  t.deepEqual(ran, ['first', 'kept']);
  hosted.nowNs = 4 * SECOND_NS;
  hosted.handOverDue();
  t.deepEqual(ran, ['first', 'kept', 'moved']);
  t.is(hosted.stale(), 0);
});

test('near arms are told at once', (t) => {
  const hosted = HostedTimers.inBurst();
  hosted.arm(FAR_NS);
  const slot = hosted.arm(NEAR_NS);
  t.is(hosted.told().at(-1)?.slot, slot);
});

test('what is closed with the others is not told', (t) => {
  const hosted = HostedTimers.inBurst();
  hosted.arm(FAR_NS);
  hosted.forget();
  hosted.timers.clear();
  hosted.timers.tellAll();
  t.deepEqual(hosted.told(), []);
});
