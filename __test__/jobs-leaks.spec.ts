// Nothing of a job stays: the heaps of both sides and the resident memory are flat over 100,000 jobs.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

/** What one job needs while it is under way is several hundred bytes in each of the heaps. */
const HEAP_BYTES = 48;
/** Pages that the allocator and the collectors take and keep while heaps find their size. */
const RESIDENT_BYTES = 32 * 2 ** 20;

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
    t.timeout(60_000);
    const options = { nodeArgs: ['--expose-gc'] };
    const { stdout, ...end } = await runFixture('jobs-leaks.mjs', [kind, jobs], options);
    t.like(end, { code: 0, signal: null, stderr: '' });
    const found = JSON.parse(stdout);
    t.log(stdout);
    t.true(found.heap < HEAP_BYTES, `${found.heap} bytes of heap a job`);
    t.true(found.threadHeap < HEAP_BYTES, `${found.threadHeap} bytes of the thread's heap a job`);
    const grown = found.resident * jobs;
    t.true(grown < RESIDENT_BYTES, `${found.resident} resident bytes a job`);
    t.like(found, { underWay: 0, threads: 0 });
  });
}
