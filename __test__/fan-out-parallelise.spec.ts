// parallelise: arguments, results of all kinds, what is told meanwhile.
import test from 'ava';
import { defaultThreads } from '../src/fan-out/parallelise-options.ts';
import {
  CaptureError,
  InvalidArgumentError,
  type JobProgress,
  parallelise,
  paralleliseSync,
  type ThreadLogger,
  task,
  UncloneableError,
} from '../src/index.ts';
import { SharedSteps } from './fixtures/shared-steps.ts';

const jobs = new URL('./fixtures/fan-out-jobs.mjs', import.meta.url);
const range = (length: number): number[] => Array.from({ length }, (_, id) => id);

test.serial('captured variables come along', async (t) => {
  const offset = { by: 5 };
  t.deepEqual(await parallelise((jobId: number) => jobId + offset.by, 3), [5, 6, 7]);
});

test.serial('a thread task', async (t) => {
  t.deepEqual(await parallelise(task<(jobId: number) => number>(jobs, 'twice'), 3), [0, 2, 4]);
});

test.serial('explicit captures', async (t) => {
  const func = new Function('jobId', 'return jobId + base') as (jobId: number) => number;
  t.deepEqual(await parallelise(func, 2, { captures: { base: 7 } }), [7, 8]);
});

test.serial('a hundred thousand tiny jobs', async (t) => {
  const results = await parallelise((jobId: number) => jobId * 2, 100_000, { numThreads: 2 });
  t.true(results.every((result, jobId) => result === jobId * 2));
});

test.serial('results of every kind keep their place', async (t) => {
  const func = (jobId: number): unknown => {
    const kinds = [
      jobId,
      undefined,
      null,
      `text ${jobId}`,
      { jobId },
      [jobId],
      -0,
      10n,
      new Date(jobId),
    ];
    return kinds[jobId % kinds.length];
  };
  const results = await parallelise(func, 5000, { numThreads: 2 });
  t.deepEqual(results, range(5000).map(func));
  t.true(Object.is(results[6], -0));
});

test.serial('a result that the next job changes is copied before', async (t) => {
  const func = (jobId: number): number[] => {
    const own = globalThis as { reused?: number[] };
    own.reused ??= [0];
    own.reused[0] = jobId;
    return own.reused;
  };
  const results = await parallelise(func, 1000, { numThreads: 2 });
  t.deepEqual(
    results.map(([jobId]) => jobId),
    range(1000),
  );
});

test.serial('large results', async (t) => {
  const results = await parallelise((jobId: number) => 'x'.repeat(jobId * 100_000), 8);
  t.deepEqual(
    results.map(({ length }) => length),
    range(8).map((jobId) => jobId * 100_000),
  );
});

test.serial('results that are moved', async (t) => {
  const func = task<(jobId: number) => Uint8Array>(jobs, 'movedBytes');
  const results = await parallelise(func, 5, { numThreads: 2 });
  t.deepEqual(
    results.map(([first]) => first),
    range(5),
  );
});

test.serial('shared memory as argument and as result', async (t) => {
  const cells = new Int32Array(new SharedArrayBuffer(64));
  const func = (jobId: number, shared: Int32Array): Int32Array => {
    shared[jobId] = jobId + 1;
    return shared;
  };
  const results = await parallelise(func, 4, cells);
  t.deepEqual([...cells.subarray(0, 4)], [1, 2, 3, 4]);
  t.true(results.every(({ buffer }) => buffer === results[0]?.buffer || buffer.byteLength === 64));
});

test.serial('promises are awaited, one job at a time on each thread', async (t) => {
  const steps = new SharedSteps();
  const func = async (jobId: number, cells: Int32Array): Promise<number> => {
    const running = Atomics.add(cells, 0, 1) + 1;
    if (running > 2) Atomics.store(cells, 1, 1);
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.sub(cells, 0, 1);
    return jobId;
  };
  t.deepEqual(await parallelise(func, 50, { numThreads: 2, args: [steps.cells] }), range(50));
  t.is(steps.get(1), 0);
});

test.serial('timers of a thread get their turn between jobs that do not wait', async (t) => {
  const steps = new SharedSteps();
  const func = (jobId: number, cells: Int32Array): void => {
    if (jobId === 0) setTimeout(() => Atomics.store(cells, 0, 1), 1);
    const untilMs = performance.now() + 2;
    while (performance.now() < untilMs && Atomics.load(cells, 0) === 0);
    if (Atomics.load(cells, 0) === 1) Atomics.add(cells, 1, 1);
  };
  await parallelise(func, 1000, { numThreads: 1, args: [steps.cells] });
  t.true(steps.get(1) > 0);
});

test.serial('works inside a thread', async (t) => {
  const func = task<(jobId: number, numJobs: number) => Promise<number[]>>(jobs, 'nested');
  t.deepEqual(await parallelise(func, 2, 3), [
    [0, 1, 2],
    [100, 101, 102],
  ]);
});

test.serial('the blocking form', (t) => {
  t.deepEqual(
    paralleliseSync((jobId: number, n: number) => jobId * n, 4, 3),
    [0, 3, 6, 9],
  );
  t.throws(
    () =>
      paralleliseSync(() => {
        throw new RangeError('sync');
      }, 3),
    { code: 'BACKBEAT_BG_EXCEPTION', message: /RangeError: sync/ },
  );
});

test.serial('progress goes up to the number of jobs', async (t) => {
  const seen: JobProgress[] = [];
  const func = (jobId: number): void => {
    if (jobId === 3) throw new RangeError('three');
  };
  const onProgress = (progress: JobProgress): number => seen.push(progress);
  await parallelise(func, 10, { bgException: 'warn', logger: () => {}, onProgress });
  t.deepEqual(seen.at(-1), { done: 10, total: 10, failed: 1 });
  t.deepEqual(
    seen.map(({ done }) => done),
    seen.map(({ done }) => done).toSorted((a, b) => a - b),
  );
});

test.serial('an error of onProgress stops the fan-out and comes out of it', async (t) => {
  const onProgress = (): void => {
    throw new RangeError('listener');
  };
  await t.throwsAsync(
    parallelise((jobId: number) => jobId, 10, { onProgress }),
    { message: 'listener' },
  );
});

test.serial('the log has a line for each thousandth job', async (t) => {
  const lines: string[] = [];
  const logger = { info: (line: string) => lines.push(line), warn: () => {} };
  await parallelise((jobId: number) => jobId, 2500, { numThreads: 2, logger });
  t.deepEqual(lines, [
    'Parallelise 2500 jobs using 2 threads:',
    '  Job 1/2500...',
    '  Job 1001/2500...',
    '  Job 2001/2500...',
  ]);
});

test.serial('the logger is passed on behind the arguments', async (t) => {
  const lines: [string, string][] = [];
  const func = (jobId: number, text: string, ...rest: unknown[]): void => {
    const [log] = rest as [ThreadLogger];
    log('DEBUG', text);
    log.warn(`job ${jobId}`);
  };
  const logger = (level: string, message: string): number => lines.push([level, message]);
  await parallelise(func, 1, { args: ['hello'], logger, passLogger: true });
  t.deepEqual(lines.slice(2), [
    ['DEBUG', 'hello'],
    ['WARNING', 'job 0'],
  ]);
});

for (const numJobs of [0, -1, 1.5, Number.NaN, '3', true, undefined, 2 ** 31]) {
  test(`numJobs ${String(numJobs)} is refused`, (t) => {
    t.throws(() => parallelise(() => {}, numJobs as number), {
      instanceOf: InvalidArgumentError,
      message: /numJobs/,
    });
  });
}

for (const [name, options] of Object.entries({
  bgException: { bgException: 'ignore' },
  numThreads: { numThreads: 1.5 },
  logger: { bgException: 'warn', logger: null },
  args: { args: 5 },
  signal: { signal: {} },
  onProgress: { onProgress: 1 },
  options: { numThread: 2 },
})) {
  test(`a wrong option is refused at the call: ${name}`, (t) => {
    t.throws(() => parallelise(() => {}, 1, options as object), {
      instanceOf: InvalidArgumentError,
      message: new RegExp(`^${name}`),
    });
  });
}

test('options behind arguments are refused, not taken for an argument', (t) => {
  const call = (): unknown =>
    parallelise((_jobId: number, ..._rest: unknown[]) => {}, 1, 5, { numThreads: 2 });
  t.throws(call, { instanceOf: InvalidArgumentError, message: /options must be alone/ });
});

test('what cannot be carried or cloned is refused at the call', (t) => {
  const socket = process.stdout;
  t.throws(() => parallelise(() => socket.fd, 1), { instanceOf: CaptureError });
  t.throws(
    () =>
      parallelise(
        (_jobId: number, _f: () => void) => {},
        1,
        () => {},
      ),
    {
      instanceOf: UncloneableError,
    },
  );
});

test('80 % of the processors, rounded down, at least one', (t) => {
  t.deepEqual(
    [1, 2, 4, 5, 10, 16].map((processors) => defaultThreads(processors)),
    [1, 1, 3, 4, 8, 12],
  );
});
