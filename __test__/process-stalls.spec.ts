// A process or a loop that stands still for a while: nothing lost, nothing twice, no catching up.
import { setTimeout as pass } from 'node:timers/promises';
import test from 'ava';
import { endOf, hasWritten, runSource, startSource } from './fixtures/program-run.ts';

/** Slots that have passed when the program looks and whose tick is still on its way. */
const UNDER_WAY = 3;
const STALL_MS = 1000;
const posixTest = process.platform === 'win32' ? test.skip : test.serial;

/**
 * A program with 2,000 one-shot actors that are due during a stall and a recurring one, every
 * 10 ms. It prints how often each fired, in which order, and the ticks in the 300 ms behind the
 * stall. `stall` is what stops it, 20 ms after the start.
 */
function stalling(stall: string): string {
  return `
    const ACTORS = 2000, INTERVAL_MS = 10, STALL_MS = ${STALL_MS};
    const fired = new Uint8Array(ACTORS), order = [];
    let ticks = 0;
    for (let id = 0; id < ACTORS; id++) after(40 + id * 0.4, () => { fired[id]++; order.push(id); });
    const startMs = scheduler.now();
    const handle = every(INTERVAL_MS, () => ticks++);
    after(20, async () => {
      ${stall}
      const stalledTo = ticks;
      after(300, () => {
        cancel(handle);
        const slots = Math.floor((scheduler.now() - startMs) / INTERVAL_MS);
        const { missed } = stats();
        console.log(JSON.stringify({
          once: fired.every((count) => count === 1),
          inOrder: order.every((id, at) => at === 0 || order[at - 1] < id),
          ticksAfter: ticks - stalledTo,
          missed,
          unaccounted: slots - ticks - missed,
        }));
      });
    });
  `;
}

interface Stalled {
  readonly once: boolean;
  readonly inOrder: boolean;
  readonly ticksAfter: number;
  readonly missed: number;
  /** Slots of the grid that were neither run nor counted; the last one may be under way. */
  readonly unaccounted: number;
}

for (const [title, stall] of [
  [
    'a blocked loop',
    `const untilMs = performance.now() + STALL_MS; while (performance.now() < untilMs);`,
  ],
  [
    'Atomics.wait in the main thread',
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);',
  ],
] as const) {
  test.serial(
    `${title}: each actor fires once and in order, an interval does not catch up`,
    async (t) => {
      const { code, signal, stdout, stderr } = await runSource(stalling(stall));
      t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
      checkStalled(JSON.parse(stdout));
      function checkStalled(seen: Stalled): void {
        t.true(seen.once && seen.inOrder);
        t.true(seen.ticksAfter <= 32, `${seen.ticksAfter} ticks in the 300 ms behind the stall`);
        t.true(seen.missed >= 90, `${seen.missed} slots counted as missed`);
        t.true(seen.unaccounted >= 0 && seen.unaccounted <= UNDER_WAY, `${seen.unaccounted} slots`);
      }
    },
  );
}

posixTest(
  'a stopped process: each actor fires once and in order, an interval does not catch up',
  async (t) => {
    const child = startSource(
      stalling(`
      const continued = new Promise((resolve) => process.once('SIGCONT', resolve));
      console.log('stop me');
      await continued;`),
    );
    const end = endOf(child);
    await hasWritten(child, 'stop me');
    child.kill('SIGSTOP');
    await pass(STALL_MS);
    child.kill('SIGCONT');
    const { code, stdout } = await end;
    t.is(code, 0);
    const seen = JSON.parse(stdout.split('\n')[1] ?? '') as Stalled;
    t.true(seen.once && seen.inOrder);
    t.true(seen.ticksAfter <= 33, `${seen.ticksAfter} ticks in the 300 ms behind the stall`);
    t.true(seen.missed >= 85, `${seen.missed} slots counted as missed`);
    t.true(seen.unaccounted >= 0 && seen.unaccounted <= UNDER_WAY, `${seen.unaccounted} slots`);
  },
);

test.serial('memory does not grow while the loop is blocked', async (t) => {
  const { stdout } = await runSource(`
    const ACTORS = 5000;
    let ticks = 0;
    const handles = Array.from({ length: ACTORS }, () => every(1, () => ticks++));
    after(50, () => {
      const before = process.memoryUsage.rss();
      const untilMs = performance.now() + ${STALL_MS};
      while (performance.now() < untilMs);
      const grown = process.memoryUsage.rss() - before;
      ticks = 0;
      setImmediate(() => {
        for (const handle of handles) cancel(handle);
        console.log(grown / 2 ** 20, ticks / ACTORS);
      });
    });
  `);
  const [grownMb = NaN, ticksPerActor = NaN] = stdout.trim().split(' ').map(Number);
  t.true(grownMb < 8, `${grownMb} MB`);
  // One tick was waiting; a few more come due while thousands of callbacks run. Caught up, it would
  // be one for each slot of the stall.
  t.true(ticksPerActor < STALL_MS / 50, `${ticksPerActor} ticks of an actor at once`);
});
