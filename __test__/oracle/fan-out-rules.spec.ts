// Every numbered rule and every numbered bug of the originals, and the tests that show what ours does.
import { readFileSync } from 'node:fs';
import test from 'ava';

/** Specs by a short name. */
const SPECS = {
  same: 'fan-out-agreeing.spec.ts',
  differs: 'fan-out-differences.spec.ts',
  repaired: 'fan-out-repaired.spec.ts',
  parallelise: '../fan-out-parallelise.spec.ts',
  failures: '../fan-out-failures.spec.ts',
  threads: '../fan-out-bg-thread.spec.ts',
  orderedSame: 'ordered-agreeing.spec.ts',
  orderedDiffers: 'ordered-differences.spec.ts',
  ordered: '../ordered-items.spec.ts',
} as const;
type Shown = readonly [spec: keyof typeof SPECS, title: string];

const RULES: Readonly<Record<string, readonly Shown[]>> = {
  '002-1': [
    ['same', '002-invoke-error:'],
    ['same', '002-invoke-none:'],
  ],
  '002-2': [['differs', '002-invoke-systemexit:']],
  '002-3': [['same', '002-thread-invoke-blocks:']],
  '002-4': [
    ['differs', '002-thread-result-twice:'],
    ['threads', 'a failed call leaves the thread alive'],
  ],
  '002-5': [
    ['same', '002-thread-overwrite:'],
    ['same', '002-thread-stale:'],
  ],
  '002-6': [['differs', '002-thread-is-running-race:']],
  '002-7': [
    ['same', '002-thread-close:'],
    ['differs', '002-thread-close-busy:'],
    ['threads', 'close drops calls that have not begun'],
  ],
  '002-8': [['threads', 'one that nobody refers to gives its thread back']],
  '002-9': [['threads', 'after a lost thread the next call has a new one']],
  '002-10': [['repaired', 'B-002-1:']],
  '002-11': [
    ['same', '002-par-concurrency:'],
    ['same', '002-par-order:'],
  ],
  '002-12': [['parallelise', '80 % of the processors, rounded down, at least one']],
  '002-13': [['differs', '002-par-poll-cost:']],
  '002-14': [
    ['parallelise', 'test(`numJobs '],
    ['differs', '002-par-zero-threads:'],
  ],
  '002-15': [
    ['same', '002-par-raise:'],
    ['differs', '002-par-raise-first-which:'],
    ['failures', 'jobs that run are told to stop'],
  ],
  '002-16': [
    ['same', '002-par-warn:'],
    ['repaired', '002-16:'],
  ],
  '002-17': [['parallelise', 'a wrong option is refused at the call:']],
  '002-18': [['parallelise', 'the logger is passed on behind the arguments']],
  '002-19': [
    ['same', '002-par-logs:'],
    ['parallelise', 'the log has a line for each thousandth job'],
  ],
  '002-20': [
    ['failures', 'a lost thread raises'],
    ['failures', 'a lost thread is a failed job, the others go on'],
  ],
  '002-21': [['same', '002-proc-args:']],
  '002-22': [['same', '002-proc-error:']],
  '002-23': [['differs', '002-proc-systemexit:']],
  '002-24': [['differs', '002-proc-wait:']],
  '002-25': [['same', '002-proc-manager-closed:']],
  '002-26': [
    ['differs', '002-proc-import-thread:'],
    ['differs', '002-proc-exit-pending: procedures hold the process'],
    ['differs', '002-proc-exit-pending: process.exit() drops them with a warning'],
  ],
  '004-1': [
    ['orderedSame', '004-order-random:'],
    ['orderedSame', '004-two-producers:'],
    ['ordered', 'items of every kind, falsy ones too'],
  ],
  '004-2': [
    ['orderedSame', '004-head-of-line:'],
    ['orderedDiffers', '004-backpressure:'],
  ],
  '004-3': [['orderedSame', '004-head-of-line:']],
  '004-4': [['orderedSame', '004-produce-before-start:']],
  '004-5': [
    ['orderedSame', '004-stop-waits-pending:'],
    ['orderedSame', '004-no-items:'],
    ['ordered', 'stop again gives nothing'],
  ],
  '004-6': [
    ['repaired', '004-6:'],
    ['orderedDiffers', '004-start-twice:'],
  ],
  '004-7': [
    ['orderedSame', '004-produce-after-stop:'],
    ['orderedSame', '004-stop-producing:'],
  ],
  '004-8': [
    ['orderedDiffers', '004-item-error-sync:'],
    ['repaired', '004-8:'],
  ],
  '004-9': [
    ['orderedDiffers', '004-item-error-sync:'],
    ['repaired', '004-9:'],
  ],
  '004-10': [
    ['orderedDiffers', '004-fb-returns-early:'],
    ['orderedDiffers', '004-early-return-then-revived:'],
  ],
  '004-11': [['orderedDiffers', '004-fb-raises:']],
  '004-12': [
    ['orderedDiffers', '004-pause:'],
    ['repaired', '004-12:'],
  ],
  '004-13': [
    ['repaired', '004-13:'],
    ['ordered', 'Consumerator: a registered producer is paused while the buffer is full'],
  ],
  '004-14': [['orderedDiffers', '004-iterator-class:']],
  '004-15': [['repaired', '004-15:']],
  '004-16': [['orderedDiffers', '004-resize-pool:']],
  '004-17': [
    ['orderedSame', '004-many-producers:'],
    ['orderedSame', '004-pool-limit:'],
  ],
  '004-18': [
    ['orderedSame', '004-shutdown:'],
    ['orderedDiffers', '004-shutdown-without-stop:'],
    ['orderedDiffers', '004-use-after-shutdown:'],
  ],
  '004-19': [['orderedDiffers', '004-stop-poll-latency:']],
  '004-20': [['orderedDiffers', '004-recursion:']],
  '004-21': [['orderedDiffers', '004-blocking-fp:']],
};

const BUGS: Readonly<Record<string, readonly Shown[]>> = {
  'B-002-1': [['repaired', 'B-002-1:']],
  'B-002-2': [['differs', '002-proc-systemexit:']],
  'B-002-3': [
    ['differs', '002-par-poll-cost:'],
    ['differs', '002-proc-wait:'],
    ['differs', '002-thread-close-busy:'],
    ['differs', '002-proc-import-thread:'],
  ],
  'B-002-4': [
    ['differs', '002-thread-close-waiter:'],
    ['differs', '002-thread-result-twice:'],
  ],
  'B-002-5': [
    ['threads', 'one that nobody refers to gives its thread back'],
    ['threads', 'await using closes'],
  ],
  'B-002-6': [['threads', 'after a lost thread the next call has a new one']],
  'B-002-7': [['differs', '002-thread-is-running-race:']],
  'B-002-8': [
    ['threads', 'each invoke has its own result, whatever is read from the thread'],
    ['differs', '002-thread-close-busy:'],
  ],
  'B-002-9': [['differs', '002-par-zero-threads:']],
  'B-002-10': [
    ['differs', '002-par-raise-first-which:'],
    ['failures', 'jobs that run are told to stop'],
  ],
  'B-002-11': [['parallelise', 'a wrong option is refused at the call:']],
  'B-002-12': [
    ['same', '002-invoke-error:'],
    ['failures', 'the exception has the error of the thread, whole, and the stack of the caller'],
  ],
  'B-002-13': [
    ['differs', '002-proc-exit-pending: procedures hold the process'],
    ['differs', '002-proc-exit-pending: process.exit() drops them with a warning'],
  ],
  'B-002-14': [['repaired', 'B-002-14:']],
  'B-004-1': [
    ['orderedDiffers', '004-item-error-sync:'],
    ['repaired', '004-9:'],
  ],
  'B-004-2': [
    ['orderedDiffers', '004-fb-returns-early:'],
    ['orderedDiffers', '004-fb-raises:'],
  ],
  'B-004-3': [['orderedDiffers', '004-recursion:']],
  'B-004-4': [
    ['orderedDiffers', '004-pause:'],
    ['repaired', '004-12:'],
  ],
  'B-004-5': [['orderedDiffers', '004-early-return-then-revived:']],
  'B-004-6': [
    ['repaired', '004-6:'],
    ['orderedDiffers', '004-start-twice:'],
    ['orderedDiffers', '004-shutdown-without-stop:'],
  ],
  'B-004-7': [
    ['orderedDiffers', '004-resize-pool:'],
    ['repaired', '004-15:'],
  ],
  'B-004-8': [['orderedDiffers', '004-use-after-shutdown:']],
  'B-004-9': [['orderedDiffers', '004-stop-poll-latency:']],
  'B-004-10': [
    ['orderedDiffers', '004-backpressure:'],
    ['orderedDiffers', '004-item-error-sync:'],
  ],
  'B-004-11': [['orderedDiffers', '004-iterator-class:']],
  'B-004-12': [['repaired', 'B-004-12:']],
  'B-004-13': [['ordered', 'fifty thousand items through a small buffer']],
};

/** How many of each there are in the list of facts. */
const COUNTS = { '002-': 26, '004-': 21, 'B-002-': 14, 'B-004-': 13 };

const sources = new Map(
  Object.entries(SPECS).map(([name, file]) => [
    name,
    readFileSync(new URL(file, import.meta.url), 'utf8'),
  ]),
);

for (const [number, shown] of Object.entries({ ...RULES, ...BUGS })) {
  test(`${number} is shown`, (t) => {
    for (const [spec, title] of shown) {
      const source = sources.get(spec) ?? '';
      const isTitle = source
        .split('\n')
        .some((line) => line.includes(title) && /['`]/.test(line) && !line.includes('Scenario('));
      t.true(isTitle, `${SPECS[spec]}: ${title}`);
    }
  });
}

test('none is left out', (t) => {
  const numbers = Object.keys({ ...RULES, ...BUGS });
  const wanted = Object.entries(COUNTS).flatMap(([prefix, count]) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`),
  );
  t.deepEqual(numbers, wanted);
});
