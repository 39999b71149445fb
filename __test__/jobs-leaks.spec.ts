// Nothing of a job stays: the heaps of both sides and the resident memory are flat over 100,000 jobs.
import test, { type ExecutionContext } from 'ava';
import { runFixture } from './fixtures/program-run.ts';

/** What one job needs while it is under way is several hundred bytes in each of the heaps. */
const HEAP_BYTES = 48;
/** Pages that the allocator and the collectors take and keep while heaps find their size. */
const RESIDENT_BYTES = 32 * 2 ** 20;
const MORE_RUNS = 2;

for (const { kind, jobs } of [
  { kind: 'results', jobs: 40_000 },
  { kind: 'errors', jobs: 18_000 },
  // Each is read through the inspector and makes much garbage.
  { kind: 'closures', jobs: 6_000 },
  { kind: 'parcels', jobs: 10_000 },
  { kind: 'stops', jobs: 16_000 },
  { kind: 'signals', jobs: 10_000 },
]) {
  test.serial(`${jobs} jobs (${kind}): memory stays flat`, async (t) => {
    t.timeout(600_000);
    let found = await measure(t, kind, jobs);
    // What the allocator keeps goes up and down; a leak shows in each run.
    for (let more = 0; found.resident * jobs >= RESIDENT_BYTES && more < MORE_RUNS; more++) {
      found = await measure(t, kind, jobs);
    }
    t.true(found.heap < HEAP_BYTES, `${found.heap} bytes of heap a job`);
    t.true(found.threadHeap < HEAP_BYTES, `${found.threadHeap} bytes of the thread's heap a job`);
    t.true(found.resident * jobs < RESIDENT_BYTES, `${found.resident} resident bytes a job`);
    t.like(found, { underWay: 0, threads: 0 });
  });
}

interface Found {
  readonly heap: number;
  readonly threadHeap: number;
  readonly resident: number;
}

async function measure(t: ExecutionContext, kind: string, jobs: number): Promise<Found> {
  const options = { nodeArgs: ['--expose-gc'] };
  const { stdout, ...end } = await runFixture('jobs-leaks.mjs', [kind, jobs], options);
  t.like(end, { code: 0, signal: null, stderr: '' });
  t.log(stdout);
  return JSON.parse(stdout);
}
