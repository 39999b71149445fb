// The run of all tests: what is run again, and how it is told.
import test from 'ava';

type Outcome = {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
  unsteady: string[];
  code: number;
};
type Run = (args: string[]) => Promise<Outcome>;

const SCRIPT = new URL('../scripts/ava-tests.mjs', import.meta.url).href;
const { runAvaTests }: { runAvaTests(forwarded: string[], run: Run): Promise<Outcome> } =
  await import(SCRIPT);
const ALL_PASSED: Outcome = {
  passed: 9,
  failed: 0,
  skipped: 1,
  failures: [],
  unsteady: [],
  code: 0,
};

test('a test that passes when its file runs alone is counted as passed and named as unsteady', async (t) => {
  const runs = recordedRuns(failing(['oracle › agreeing › a › b', 'pool-clock › c']), ALL_PASSED);
  const { passed, failed, skipped, unsteady, failures, code } = await runAvaTests([], runs.run);
  t.deepEqual(runs.argumentsGiven, [
    [],
    ['__test__/oracle/agreeing.spec.ts', '__test__/pool-clock.spec.ts'],
  ]);
  t.deepEqual(
    { passed, failed, skipped, code, failures },
    { passed: 11, failed: 0, skipped: 1, code: 0, failures: [] },
  );
  t.deepEqual(unsteady, ['oracle › agreeing › a › b', 'pool-clock › c']);
});

test('a test that fails again has failed', async (t) => {
  const first = failing(['pool-clock › c']);
  const runs = recordedRuns(first, failing(['c']));
  t.is(await runAvaTests([], runs.run), first);
  t.is(runs.argumentsGiven.length, 2);
});

test('a second run in which nothing ran mends nothing', async (t) => {
  const first = failing(['pool-clock › c']);
  t.is(await runAvaTests([], recordedRuns(first, { ...ALL_PASSED, passed: 0 }).run), first);
});

for (const [why, first] of [
  ['everything passed', ALL_PASSED],
  ['four files failed', failing(['timing', 'agreeing', 'repaired', 'differences'].map(inOracle))],
  ['a file without a real clock failed', failing(['pool-clock › c', 'channel-kill › d'])],
  ['a failure has no known file', failing(['pool-clock › c', 'it crashed'])],
] as const) {
  test(`nothing is run again when ${why}`, async (t) => {
    const runs = recordedRuns(first);
    t.is(await runAvaTests([], runs.run), first);
    t.is(runs.argumentsGiven.length, 1);
  });
}

test('a choice of tests is not run again', async (t) => {
  const first = failing(['pool-clock › c']);
  t.is(await runAvaTests(['--match', 'c'], recordedRuns(first).run), first);
});

function inOracle(name: string): string {
  return `oracle › ${name} › a`;
}

function failing(failures: string[]): Outcome {
  return { ...ALL_PASSED, failed: failures.length, failures, code: 1 };
}

function recordedRuns(...results: Outcome[]) {
  const argumentsGiven: string[][] = [];
  const run: Run = async (args) => {
    argumentsGiven.push(args);
    return results[argumentsGiven.length - 1] ?? ALL_PASSED;
  };
  return { argumentsGiven, run };
}
