import test from 'ava';
import fc from 'fast-check';
import {
  createRandom,
  drawDelayMs,
  drawIntervalMs,
  isRecurring,
  recurringBefore,
  slotsWithin,
  splitPlan,
} from '../src/cli/stress/plan.ts';

test('the shares of the isolates add up to all actors', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 64 }),
      (actors, isolates) => {
        const plan = { actors, isolates, recurring: 0.1, runMs: 1000, seed: 1 };
        const shares = splitPlan(plan).map((share) => share.actors);
        t.is(
          shares.reduce((sum, share) => sum + share, 0),
          actors,
        );
        t.true(Math.max(...shares) - Math.min(...shares) <= 1);
      },
    ),
  );
});

test('isolates draw different numbers', (t) => {
  const plan = { actors: 10, isolates: 4, recurring: 0.1, runMs: 1000, seed: 1 };
  t.is(new Set(splitPlan(plan).map((share) => createRandom(share.seed)())).size, 4);
});

test('one seed gives one sequence', (t) => {
  const [one, other] = [createRandom(7), createRandom(7)];
  t.deepEqual(Array.from({ length: 5 }, one), Array.from({ length: 5 }, other));
});

test('recurring actors have their share', (t) => {
  const recurring = Array.from({ length: 1000 }, (_, actor) => isRecurring(actor, 0.1));
  t.is(recurring.filter(Boolean).length, 100);
  t.is(recurringBefore(1000, 0.1), 100);
});

test('delays lie within the run and intervals leave room for a tick', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 10, max: 100_000 }), (seed, runMs) => {
      const random = createRandom(seed);
      const delayMs = drawDelayMs(random, runMs);
      t.true(delayMs >= 1 && delayMs <= runMs);
      t.true(drawIntervalMs(random, runMs) <= runMs);
    }),
  );
});

test('the slots of a recurring actor are those within the run', (t) => {
  t.is(slotsWithin(10_000, 1000), 10);
  t.is(slotsWithin(10_000, 1500), 6);
});
