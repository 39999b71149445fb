// paralleliseIter: order, look-ahead, leaving early, failures.
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import {
  type BgException,
  InvalidArgumentError,
  jobSignal,
  paralleliseIter,
} from '../src/index.ts';
import { runModule } from './fixtures/child-module.ts';
import { SharedSteps } from './fixtures/shared-steps.ts';

const range = (length: number): number[] => Array.from({ length }, (_, id) => id);

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

test.serial('in order, also when the first job ends last', async (t) => {
  const steps = new SharedSteps();
  const func = (jobId: number, cells: Int32Array): number => {
    if (jobId === 0) Atomics.wait(cells, 0, 0);
    else if (jobId === 9) {
      Atomics.store(cells, 0, 1);
      Atomics.notify(cells, 0);
    }
    return jobId;
  };
  const options = { numThreads: 2, args: [steps.cells] as [Int32Array] };
  t.deepEqual(await collect(paralleliseIter(func, 20, options)), range(20));
});

test.serial('as they come, with their ids', async (t) => {
  const steps = new SharedSteps();
  const func = (jobId: number, cells: Int32Array): string => {
    if (jobId === 0) Atomics.wait(cells, 0, 0);
    return `job ${jobId}`;
  };
  const options = { numThreads: 2, ordered: false, args: [steps.cells] as [Int32Array] } as const;
  const seen: [number, string][] = [];
  for await (const entry of paralleliseIter(func, 20, options)) {
    seen.push(entry);
    if (seen.length === 19) steps.set(0, 1);
  }
  t.deepEqual(seen.at(-1), [0, 'job 0']);
  t.deepEqual(
    seen.map(([jobId]) => jobId).toSorted((a, b) => a - b),
    range(20),
  );
});

test.serial('a hundred thousand, with a small look-ahead', async (t) => {
  const options = { numThreads: 2, lookAhead: 64 };
  let expected = 0;
  for await (const result of paralleliseIter((jobId: number) => jobId, 100_000, options)) {
    if (result !== expected++) break;
  }
  t.is(expected, 100_000);
});

for (const ordered of [true, false]) {
  test.serial(`no job is started beyond the look-ahead, ordered: ${ordered}`, async (t) => {
    const steps = new SharedSteps();
    const lookAhead = 10;
    const func = (jobId: number, cells: Int32Array): number => {
      Atomics.add(cells, 0, 1);
      return jobId;
    };
    const args: [Int32Array] = [steps.cells];
    const iterator = paralleliseIter(func, 1000, { numThreads: 2, lookAhead, ordered, args });
    for (let taken = 0; taken < 50; taken++) {
      t.true(steps.get(0) <= taken + lookAhead);
      t.false((await iterator.next()).done);
    }
    await iterator.return?.();
    const started = steps.get(0);
    await nextTurn();
    t.is(steps.get(0), started);
    t.true((await iterator.next()).done);
  });
}

test.serial('a look-ahead of one', async (t) => {
  const options = { numThreads: 2, lookAhead: 1 };
  t.deepEqual(await collect(paralleliseIter((jobId: number) => jobId, 30, options)), range(30));
});

test.serial('nothing starts before the first result is asked for', async (t) => {
  const steps = new SharedSteps();
  const func = (jobId: number, cells: Int32Array): number => Atomics.add(cells, 0, 1) + jobId;
  const iterator = paralleliseIter(func, 3, steps.cells);
  await nextTurn();
  t.is(steps.get(0), 0);
  t.false((await iterator.next()).done);
  await iterator.return?.();
});

test.serial('several readers get the results in turn', async (t) => {
  const iterator = paralleliseIter((jobId: number) => jobId, 5, { numThreads: 2 });
  const steps = await Promise.all(range(7).map(() => iterator.next()));
  t.deepEqual(
    steps.map(({ value }) => value),
    [0, 1, 2, 3, 4, undefined, undefined],
  );
});

test.serial('leaving the loop stops running jobs, and waits for them', async (t) => {
  const steps = new SharedSteps();
  const func = (jobId: number, cells: Int32Array): void => {
    if (jobId === 0) return;
    Atomics.store(cells, 0, 1);
    while (!jobSignal()?.aborted);
    Atomics.store(cells, 1, 1);
  };
  for await (const _result of paralleliseIter(func, 10, { numThreads: 2, args: [steps.cells] })) {
    await steps.reached(0, 1);
    break;
  }
  t.is(steps.get(1), 1);
});

test.serial(
  'results below a failed job come first, then the exception, then the end',
  async (t) => {
    const func = (jobId: number): number => {
      if (jobId === 37) throw new RangeError('37');
      return jobId;
    };
    const iterator = paralleliseIter(func, 1000, { numThreads: 2 });
    for (const jobId of range(37)) t.is((await iterator.next()).value, jobId);
    const error = await t.throwsAsync<BgException>(iterator.next());
    t.is(error?.jobId, 37);
    t.true((await iterator.next()).done);
  },
);

test.serial('warn: null for what failed', async (t) => {
  const lines: string[] = [];
  const func = (jobId: number): number => {
    if (jobId === 2) throw new RangeError('two');
    return jobId;
  };
  const logger = (_level: string, line: string): number => lines.push(line);
  const options = { bgException: 'warn', logger } as const;
  t.deepEqual(await collect(paralleliseIter(func, 4, options)), [0, 1, null, 3]);
  t.regex(lines.join('\n'), /job 2[\s\S]*RangeError: two/);
});

test.serial('a signal ends the loop with its reason', async (t) => {
  const controller = new AbortController();
  const reason = new RangeError('enough');
  const iterator = paralleliseIter((jobId: number) => jobId, 1e6, { signal: controller.signal });
  await iterator.next();
  controller.abort(reason);
  t.is(await t.throwsAsync(collect(iterator)), reason);
});

test.serial('a lost thread does not lose the results of others', async (t) => {
  const func = (jobId: number): number => (jobId === 5 ? process.exit(1) : jobId);
  const options = { numThreads: 1, bgException: 'warn', logger: () => {} } as const;
  const results = await collect(paralleliseIter(func, 10, options));
  t.deepEqual(results, [0, 1, 2, 3, 4, null, 6, 7, 8, 9]);
});

test('wrong options are refused at the call', (t) => {
  const refused = { instanceOf: InvalidArgumentError };
  t.throws(() => paralleliseIter(() => {}, 1, { lookAhead: 0 }), refused);
  t.throws(() => paralleliseIter(() => {}, 1, { ordered: 1 as unknown as boolean }), refused);
  t.throws(() => paralleliseIter(() => {}, 0), refused);
});

test('an iterator that was left alone does not hold the process', async (t) => {
  const { code, stdout } = await runModule(`
    import { paralleliseIter } from 'backbeat';
    const iterator = paralleliseIter((jobId: number) => jobId, 1e6, { lookAhead: 4 });
    console.log((await iterator.next()).value);
  `);
  t.is(code, 0);
  t.is(stdout, '0\n');
});
