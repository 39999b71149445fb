// Nothing grows with use: memory over many cycles is flat, and the core forgets what is over.
import test, { type ExecutionContext } from 'ava';
import { runFixture } from './fixtures/program-run.ts';

/** Of cancelled actors the core keeps up to so many stale entries. */
const UNSWEPT = 8192;
const MORE_RUNS = 2;

for (const { title, kind, cycles, bytesPerCycle } of [
  { title: 'arm and fire', kind: 'fire', cycles: 1_000_000, bytesPerCycle: 8 },
  // A sweep needs memory of its own once; the cycles are many enough to see what comes after it.
  { title: 'arm and cancel', kind: 'cancel', cycles: 4_000_000, bytesPerCycle: 8 },
  { title: 'move a pending actor', kind: 'rearm', cycles: 1_000_000, bytesPerCycle: 8 },
  { title: 'start and stop or run an actor', kind: 'actor', cycles: 1_000_000, bytesPerCycle: 16 },
  // What V8 and the allocator keep of an isolate varies; the memory that ours lends is 450 kB.
  { title: 'make and end an isolate', kind: 'isolates', cycles: 300, bytesPerCycle: 20_000 },
]) {
  test.serial(`${title}, ${cycles} times: memory stays flat`, async (t) => {
    t.timeout(600_000);
    let found = await measure(t, kind, cycles);
    // What the allocator keeps goes up and down; a leak shows in each run.
    for (let more = 0; found.bytesPerCycle >= bytesPerCycle && more < MORE_RUNS; more++) {
      found = await measure(t, kind, cycles);
    }
    t.true(found.bytesPerCycle < bytesPerCycle);
    t.like(found, { workers: 0, left: { pending: 0, hasThread: false } });
    t.is(found.left.queued, found.dead, 'only stale entries are left in the core');
    t.true(found.left.queued <= UNSWEPT);
  });
}

interface Found {
  readonly bytesPerCycle: number;
  readonly rss: readonly number[];
  readonly dead: number;
  readonly left: { readonly queued: number };
}

async function measure(t: ExecutionContext, kind: string, cycles: number): Promise<Found> {
  const options = { nodeArgs: ['--expose-gc'] };
  const { stdout, ...end } = await runFixture('isolates-leaks.mjs', [kind, cycles], options);
  t.like(end, { code: 0, signal: null, stderr: '' });
  const found: Found = JSON.parse(stdout);
  t.log(`${found.bytesPerCycle.toFixed(2)} bytes a cycle, resident MB: ${found.rss.join(' ')}`);
  return found;
}
