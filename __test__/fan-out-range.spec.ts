// The ids of a fan-out: each is taken exactly once, whoever claims and steals.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import fc from 'fast-check';
import { JobRange } from '../src/fan-out/job-range.ts';

const THREADS = 3;

type Step = {
  readonly do: 'take' | 'claim' | 'steal';
  readonly thread: number;
  readonly size: number;
};

const steps = fc.array(
  fc.record({
    do: fc.constantFrom('take', 'take', 'claim', 'steal'),
    thread: fc.nat(THREADS - 1),
    size: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 200 },
) as fc.Arbitrary<Step[]>;

/** A thread asks for more only when its block is over, as the driver does. */
function apply(range: JobRange, isOver: boolean[], taken: number[], step: Step): void {
  const { thread, size } = step;
  if (step.do === 'take') {
    const id = range.take(thread);
    if (id >= 0) taken.push(id);
    isOver[thread] = id < 0;
  } else if (isOver[thread]) {
    const got = step.do === 'claim' ? range.claim(thread, size) : range.steal(thread);
    isOver[thread] = !got;
  }
}

function drain(range: JobRange, taken: number[]): void {
  for (let thread = 0; thread < THREADS; thread++) {
    do {
      for (let id = range.take(thread); id >= 0; id = range.take(thread)) taken.push(id);
    } while (range.claim(thread, 5) || range.steal(thread));
  }
}

test('in any order of takes, claims and thefts, every id is taken exactly once', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), steps, (total, plan) => {
      const range = JobRange.create(total, THREADS, total);
      const isOver = [true, true, true];
      const taken: number[] = [];
      for (const step of plan) apply(range, isOver, taken, step);
      drain(range, taken);
      t.deepEqual(
        taken.toSorted((a, b) => a - b),
        Array.from({ length: total }, (_, id) => id),
      );
    }),
  );
  t.pass();
});

test('nothing is claimed beyond the limit until it is raised', (t) => {
  const range = JobRange.create(10, 1, 4);
  const taken: number[] = [];
  const work = (): void => {
    while (range.claim(0, 3))
      for (let id = range.take(0); id >= 0; id = range.take(0)) taken.push(id);
  };
  work();
  t.deepEqual(taken, [0, 1, 2, 3]);
  t.false(range.isExhausted);
  range.raiseLimit(10);
  work();
  t.is(taken.length, 10);
  t.true(range.isExhausted);
});

test('blocks become small towards the end', (t) => {
  const range = JobRange.create(100, 2, 100);
  const sizes: number[] = [];
  while (range.claim(0, 1000)) {
    let size = 0;
    while (range.take(0) >= 0) size++;
    sizes.push(size);
  }
  t.is(sizes[0], 25);
  t.is(sizes.at(-1), 1);
  t.deepEqual(
    sizes,
    sizes.toSorted((a, b) => b - a),
  );
});

test('ids above a stop are not started, those below are', (t) => {
  const range = JobRange.create(10, 1, 10);
  range.stopAbove(6);
  range.stopAbove(3);
  range.stopAbove(8);
  t.deepEqual(
    [3, 4].map((id) => range.mayStart(id)),
    [true, false],
  );
  t.true(range.isStopped);
});

test('three threads that steal from each other take each id once', async (t) => {
  const total = 200_000;
  const range = JobRange.create(total, THREADS, total);
  const counts = new Uint8Array(new SharedArrayBuffer(total));
  const module = new URL('./fixtures/range-thief.mjs', import.meta.url);
  const exits = Array.from({ length: THREADS }, (_, thread) => {
    const workerData = { buffer: range.buffer, thread, counts };
    const worker = new Worker(module, { workerData, execArgv: [] });
    return new Promise<number>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', resolve);
    });
  });
  t.deepEqual(await Promise.all(exits), [0, 0, 0]);
  t.true(counts.every((count) => count === 1));
});

test('a take that meets a thief waits until the thief has put the end back', async (t) => {
  const range = JobRange.create(10, 1, 10);
  const owner = new Worker(new URL('./fixtures/range-owner.mjs', import.meta.url), {
    workerData: { buffer: range.buffer },
    execArgv: [],
  });
  t.teardown(() => owner.terminate());
  await once(owner, 'message');
  // A thief in the middle of a theft: words of the first thread's line, as in job-range.ts.
  const words = new Int32Array(range.buffer);
  const [tail, lock] = [33, 34];
  const end = words[tail] as number;
  words[lock] = 1;
  words[tail] = 0;
  owner.postMessage('take');
  let hasTaken = false;
  const taken = once(owner, 'message').finally(() => {
    hasTaken = true;
  });
  while (!hasTaken && Atomics.load(words, lock) !== 2) await new Promise(setImmediate);
  words[tail] = end;
  Atomics.store(words, lock, 0);
  Atomics.notify(words, lock);
  t.deepEqual(await taken, [0]);
});
