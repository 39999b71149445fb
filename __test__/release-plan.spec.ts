// What a release publishes, and what keeps it from starting.
import { readFileSync } from 'node:fs';
import test from 'ava';

interface Plan {
  readonly problems: readonly string[];
  readonly distTag: string;
  readonly steps: readonly { readonly name: string; readonly file: string }[];
  readonly skipped: readonly string[];
}
interface Packed {
  readonly name?: string;
  readonly file: string | null;
}
interface Known {
  readonly names: ReadonlySet<string>;
  readonly versions: ReadonlySet<string>;
}

const packaging = new URL('../scripts/packaging/', import.meta.url).href;
const {
  distTagOf,
  releasePlan,
}: {
  distTagOf(version: string): string;
  releasePlan(packages: readonly Packed[], tagName: string, known: Known): Plan;
} = await import(`${packaging}release-plan.mjs`);
const { targets }: { targets: readonly { readonly packageName: string }[] } = await import(
  `${packaging}targets.mjs`
);
const { version, repository } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

const platforms = targets.map(({ packageName }) => packageName);
const names = new Set([...platforms, 'backbeat']);
const packages = [...names].map((name) => ({ name, file: `${name}.tgz` }));
const nothingOut: Known = { names, versions: new Set() };

/** What is wrong apart from what this checkout always lacks. */
function problemsOf(plan: Plan): readonly string[] {
  const always = repository === undefined ? /names no repository/ : /^$/;
  return plan.problems.filter((problem) => !always.test(problem));
}

test('platform packages come first, the main package last', (t) => {
  const plan = releasePlan(packages, `v${version}`, nothingOut);
  t.deepEqual(problemsOf(plan), []);
  t.deepEqual(
    plan.steps.map(({ name }) => name),
    [...platforms, 'backbeat'],
  );
});

test('what is published is skipped', (t) => {
  const [first = '', second = ''] = platforms;
  const versions = new Set([`${first}@${version}`, `${second}@0.0.1`]);
  const { steps, skipped } = releasePlan(packages, `v${version}`, { names, versions });
  t.deepEqual(skipped, [first]);
  t.is(steps[0]?.name, second);
});

test('a platform that was not packed forbids the release', (t) => {
  const [first = ''] = platforms;
  const without = packages.map((one) => (one.name === first ? { ...one, file: null } : one));
  const plan = releasePlan(without, `v${version}`, nothingOut);
  t.deepEqual(problemsOf(plan), [`${first} was not packed`]);
});

test('a name that the registry does not know forbids the release', (t) => {
  const known = { names: new Set(platforms), versions: new Set<string>() };
  const plan = releasePlan(packages, `v${version}`, known);
  t.deepEqual(problemsOf(plan), ['backbeat is unknown to the registry: create it by hand once']);
});

test('a tag of another version forbids the release', (t) => {
  const plan = releasePlan(packages, 'v99.0.0', nothingOut);
  t.deepEqual(problemsOf(plan), [`the tag is v99.0.0, the version ${version}`]);
});

test('a pre-release is never latest', (t) => {
  t.is(distTagOf('1.0.0'), 'latest');
  t.is(distTagOf('1.0.0-beta.2'), 'beta');
  t.is(distTagOf('1.0.0-0'), 'next');
});
