// Random programs against a plain map of deadlines, through the whole stack, with bursts that fill
// both rings in one turn.
import test from 'ava';
import fc from 'fast-check';
import { ManualClock, Scheduler } from '../src/index.ts';

/** What the map knows of an armed actor. */
interface Entry {
  handle: number;
  deadline: number;
  readonly interval: number | undefined;
}

type Fired = readonly [time: number, id: number];

/** The same actors twice: in the scheduler, and in a map that is walked from end to end. */
class Twin {
  readonly clock = new ManualClock();
  readonly scheduler = new Scheduler({ clock: this.clock });
  readonly entries = new Map<number, Entry>();
  readonly fired: Fired[] = [];
  readonly expected: Fired[] = [];
  /** Handles that must be stale. */
  readonly stale: number[] = [];
  missed = 0;
  #ids = 0;

  arm(delay: number, interval?: number): void {
    const id = this.#ids++;
    const note = (): void => void this.fired.push([this.clock.now(), id]);
    const handle =
      interval === undefined
        ? this.scheduler.after(delay, note)
        : this.scheduler.every(interval, note);
    const deadline = this.clock.now() + (interval ?? delay);
    this.entries.set(id, { handle, deadline, interval });
  }

  /** The pick-th armed actor, by a number of any size. */
  pick(pick: number): [number, Entry] | undefined {
    const ids = [...this.entries.keys()];
    const id = ids[pick % Math.max(1, ids.length)];
    return id === undefined ? undefined : [id, this.entries.get(id) as Entry];
  }

  cancelEvery(step: number): boolean {
    let isAllPending = true;
    for (const [id, { handle }] of [...this.entries]) {
      if (id % step !== 0) continue;
      isAllPending = this.scheduler.cancel(handle) && isAllPending;
      this.stale.push(handle);
      this.entries.delete(id);
    }
    return isAllPending;
  }

  advance(ms: number): void {
    const now = this.clock.now();
    const end = now + ms;
    for (const [id, entry] of [...this.entries]) this.#expect(id, entry, now, end);
    this.clock.advance(ms);
  }

  #expect(id: number, entry: Entry, now: number, end: number): void {
    while (entry.deadline <= end) {
      const time = Math.max(now, entry.deadline);
      this.expected.push([time, id]);
      if (entry.interval === undefined) {
        this.entries.delete(id);
        this.stale.push(entry.handle);
        return;
      }
      const slots = Math.floor((time - entry.deadline) / entry.interval) + 1;
      this.missed += slots - 1;
      entry.deadline += slots * entry.interval;
    }
  }
}

const DELAY = fc.nat({ max: 60 });
const OPERATION = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('arm' as const), a: DELAY, b: DELAY }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('burst' as const), a: DELAY, b: DELAY }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('every' as const), a: DELAY, b: DELAY }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('move' as const), a: DELAY, b: fc.nat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('moveAll' as const), a: DELAY, b: DELAY }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('cancel' as const), a: DELAY, b: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('thin' as const), a: DELAY, b: DELAY }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), a: DELAY, b: DELAY }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('elapse' as const), a: DELAY, b: DELAY }) },
);
type Operation = typeof OPERATION extends fc.Arbitrary<infer T> ? T : never;

/** More commands than a ring has room for. */
const BURST = 9000;

/** Applies one operation; false when the scheduler took a pending handle for a stale one. */
function apply(twin: Twin, { kind, a, b }: Operation): boolean {
  switch (kind) {
    case 'arm':
      twin.arm(a);
      return true;
    case 'burst':
      for (let at = 0; at < BURST; at++) twin.arm(a + (at % (b + 1)));
      return true;
    case 'every':
      twin.arm(0, a + 1);
      return true;
    case 'move':
      return moveOne(twin, b, a);
    case 'moveAll':
      return [...twin.entries.values()].every((entry, at) => move(twin, entry, (a + at) % (b + 1)));
    case 'cancel':
      return cancelOne(twin, b);
    case 'thin':
      return twin.cancelEvery((a % 5) + 2);
    case 'advance':
      twin.advance(a);
      return true;
    case 'elapse':
      twin.clock.elapse(a);
      return true;
  }
}

function moveOne(twin: Twin, pick: number, delay: number): boolean {
  const picked = twin.pick(pick);
  return picked === undefined || move(twin, picked[1], delay);
}

function move(twin: Twin, entry: Entry, delay: number): boolean {
  entry.deadline = twin.clock.now() + delay;
  return twin.scheduler.rearm(entry.handle, delay);
}

function cancelOne(twin: Twin, pick: number): boolean {
  const picked = twin.pick(pick);
  if (picked === undefined) return true;
  twin.entries.delete(picked[0]);
  twin.stale.push(picked[1].handle);
  return twin.scheduler.cancel(picked[1].handle);
}

/** By time; within an instant by id, because moved actors have no fixed place among equals. */
function sorted(fired: readonly Fired[]): Fired[] {
  return fired.toSorted(([timeA, idA], [timeB, idB]) => timeA - timeB || idA - idB);
}

test('any program fires what the map fires, when the map does', (t) => {
  fc.assert(
    fc.property(fc.array(OPERATION, { minLength: 1, maxLength: 30 }), (program) => {
      const twin = new Twin();
      for (const operation of program) {
        t.true(apply(twin, operation), `${operation.kind} of a pending handle`);
        t.is(twin.scheduler.pending(), twin.entries.size);
        const picked = twin.pick(operation.b)?.[1];
        if (picked !== undefined) {
          t.is(twin.scheduler.deadlineOf(picked.handle), picked.deadline);
        }
      }
      twin.advance(200);
      t.deepEqual(sorted(twin.fired), sorted(twin.expected));
      t.is(twin.scheduler.stats().missed, twin.missed);
      t.is(twin.scheduler.cancelAll(twin.stale), 0);
      twin.scheduler.close();
    }),
    { numRuns: 80 },
  );
});

test('times never go back', (t) => {
  fc.assert(
    fc.property(fc.array(OPERATION, { minLength: 1, maxLength: 30 }), (program) => {
      const twin = new Twin();
      for (const operation of program) apply(twin, operation);
      twin.advance(200);
      const times = twin.fired.map(([time]) => time);
      t.true(times.every((time, at) => at === 0 || time >= (times[at - 1] as number)));
      twin.scheduler.close();
    }),
    { numRuns: 20 },
  );
});

for (const count of [8191, 8192, 8193, 20_000, 100_000]) {
  test(`${count} armed in one turn and due at once: all fire, in order`, (t) => {
    const twin = new Twin();
    for (let at = 0; at < count; at++) twin.arm(5);
    twin.advance(5);
    t.is(twin.fired.length, count);
    t.true(twin.fired.every(([time, id], at) => time === 5 && id === at));
  });

  test(`${count} armed, moved earlier and every second cancelled in one turn`, (t) => {
    const twin = new Twin();
    for (let at = 0; at < count; at++) twin.arm(50);
    for (const entry of twin.entries.values()) move(twin, entry, 5);
    t.true(twin.cancelEvery(2));
    twin.advance(100);
    t.is(twin.fired.length, Math.floor(count / 2));
    t.is(twin.scheduler.pending(), 0);
  });
}

test('a due batch that arms more than a ring holds', (t) => {
  const clock = new ManualClock();
  const scheduler = new Scheduler({ clock });
  let fired = 0;
  const children = (): void => {
    for (let at = 0; at < 5; at++) scheduler.after(at % 2, () => fired++);
  };
  for (let at = 0; at < 4000; at++) scheduler.after(1, children);
  clock.advance(10);
  t.is(fired, 20_000);
});
