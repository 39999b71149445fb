// The checks of the workflows, each with one that breaks it: actionlint, and the rules that it does not know.
import test from 'ava';

const CHECK = new URL('../scripts/checks/workflows.mjs', import.meta.url).href;
const {
  problemsOfActionlint,
  problemsOfRules,
}: {
  problemsOfActionlint(workflows: readonly Workflow[]): Promise<string[]>;
  problemsOfRules(workflow: Workflow): string[];
} = await import(CHECK);

const PINNED = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1';

interface Workflow {
  readonly path: string;
  readonly text: string;
}
interface Parts {
  readonly top?: string;
  readonly job?: string;
  readonly rights?: string;
  readonly limit?: string;
  readonly step?: string;
}

function problemsOf({
  top = 'permissions: {}',
  job = 'test',
  rights = 'contents: read',
  limit = 'timeout-minutes: 5',
  step = `uses: ${PINNED}`,
}: Parts): string[] {
  const text = `on: push
${top}
jobs:
  ${job}:
    runs-on: ubuntu-latest
    ${limit}
    permissions:
      ${rights}
    steps:
      - ${step}
`;
  return problemsOfRules({ path: 'w.yml', text });
}

test('a workflow that keeps the rules', (t) => {
  t.deepEqual(problemsOf({}), []);
  t.deepEqual(problemsOf({ step: 'run: npm run check' }), []);
  t.deepEqual(problemsOf({ step: 'run: node scripts/pack.mjs --all' }), []);
});

for (const action of [
  'actions/checkout@v7',
  'actions/checkout@main # v7.0.1',
  PINNED.slice(0, 57),
]) {
  test(`an action that is not pinned by commit and version: ${action}`, (t) => {
    const problems = problemsOf({ step: `uses: ${action}` });
    t.deepEqual(problems, [`w.yml:10: ${action} is not pinned by a commit and its version`]);
  });
}

test('rights for the whole workflow', (t) => {
  const problems = problemsOf({ top: 'permissions: write-all' });
  t.deepEqual(problems, ['w.yml: no `permissions: {}` at the top']);
});

test('the right to an identity belongs to publishing alone', (t) => {
  t.regex(problemsOf({ rights: 'id-token: write' }).join(), /job test may write id-token/);
  t.deepEqual(problemsOf({ job: 'publish', rights: 'id-token: write' }), []);
});

test('a job without a limit of time', (t) => {
  t.deepEqual(problemsOf({ limit: 'name: x' }), ['w.yml: job test has no timeout-minutes']);
});

test('a step that runs what is not there', (t) => {
  t.deepEqual(problemsOf({ step: 'run: npm run nothing' }), [
    'w.yml:10: there is no npm run nothing',
  ]);
  const script = problemsOf({ step: 'run: node scripts/nothing.mjs' });
  t.deepEqual(script, ['w.yml:10: there is no scripts/nothing.mjs']);
});

const LINTED = `on: push
jobs:
  build:
    runs-on: ubuntu-24.04-arm
    steps:
      - run: echo "\${{ github.sha }}"
  test:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: echo done
`;
const planted: Record<string, readonly [old: string, fault: string, says: RegExp]> = {
  'a job that waits for none': ['needs: build', 'needs: built', /needs job "built"/],
  'a context that is none': ['github.sha', 'github.shaa', /"shaa" is not defined/],
  'a runner that is none': ['ubuntu-latest', 'ubuntu-1.0', /"ubuntu-1\.0" is unknown/],
  'a key that is none': ['steps:', 'step:', /unexpected key "step"/],
  'no YAML': ['on: push', 'on: [push', /^w\.yml: actionlint cannot read it/],
};

test('actionlint has nothing to say of a good workflow', async (t) => {
  t.deepEqual(await problemsOfActionlint([{ path: 'w.yml', text: LINTED }]), []);
});

for (const [title, [old, fault, says]] of Object.entries(planted)) {
  test(`actionlint finds ${title}`, async (t) => {
    const text = LINTED.replace(old, fault);
    const problems = await problemsOfActionlint([{ path: 'w.yml', text }]);
    t.regex(problems.join('\n'), says);
  });
}
