// What our timers do that Node's do not: never early, delays as they are.
import test from 'ava';
import { clearTimeout, exact, setTimeout } from '../../src/timers/index.ts';

const fired = (set: typeof setTimeout, delayMs: number): Promise<number> =>
  new Promise((resolve) => {
    const startMs = performance.now();
    set(() => resolve(performance.now() - startMs), delayMs);
  });

test.serial('no timer is early', async (t) => {
  const delaysMs = Array.from({ length: 500 }, (_, index) => 1 + (index % 50));
  const took = await Promise.all(delaysMs.map((delayMs) => fired(setTimeout, delayMs)));
  t.deepEqual(
    took.filter((tookMs, index) => tookMs < (delaysMs[index] as number)),
    [],
  );
});

test.serial('an exact delay keeps its fraction and is not early either', async (t) => {
  const delaysMs = [0.1, 0.25, 0.5, 1.75, 2.001];
  const took = await Promise.all(delaysMs.map((delayMs) => fired(exact.setTimeout, delayMs)));
  t.true(took.every((tookMs, index) => tookMs >= (delaysMs[index] as number)));
});

test.serial('exact delays run in the order of their fractions', async (t) => {
  const order: number[] = [];
  const delaysMs = [600.9, 600.5, 600.1];
  const startMs = performance.now();
  await Promise.all(
    delaysMs.map(
      (delayMs) =>
        new Promise<void>((resolve) => {
          // All count from one instant, so that a pause between the calls does not matter.
          const passedMs = performance.now() - startMs;
          exact.setTimeout(() => resolve(void order.push(delayMs)), delayMs - passedMs);
        }),
    ),
  );
  t.deepEqual(order, delaysMs.toReversed());
});

test.serial('an exact delay beyond the limit of Node waits', async (t) => {
  let hasRun = false;
  const timeout = exact.setTimeout(() => {
    hasRun = true;
  }, 2 ** 31);
  await fired(setTimeout, 20);
  t.false(hasRun);
  t.is((timeout as unknown as { _idleTimeout: number })._idleTimeout, 2 ** 31);
  clearTimeout(timeout);
});

test.serial('an exact delay of nothing runs at the next turn', async (t) => {
  let isLater = false;
  const ran = fired(exact.setTimeout, 0).then(() => t.true(isLater));
  isLater = true;
  await ran;
});

test.serial('an exact interval of nothing is one of a millisecond', (t) => {
  const interval = exact.setInterval(() => undefined, 0);
  t.is((interval as unknown as { _repeat: number })._repeat, 1);
  clearTimeout(interval);
});
