// Publishes what scripts/pack.mjs made: the platform packages, then, when the registry shows them, the
// main package. What is there already is skipped, so a run that broke off is simply run again.
//   node scripts/publish.mjs --tag v1.2.3 [--packages FOLDER] [--look-every SECONDS] [--publish]
// Without --publish npm is only asked what it would do. It takes its right to publish from the workflow
// (trusted publishing), and is told there to write where the packages come from (provenance), which it
// can do nowhere else.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { releasePlan } from './packaging/release-plan.mjs';
import { manifest, targets } from './packaging/targets.mjs';
import { atLeast, npm, ROOT, run, stop } from './toolchain.mjs';

/** The first npm that publishes by the identity of a workflow. */
const TRUSTING_NPM = '11.5.1';
const VISIBLE_WITHIN_MS = 10 * 60_000;

const { values } = parseArgs({
  options: {
    tag: { type: 'string' },
    packages: { type: 'string', default: join(ROOT, 'target', 'packages') },
    'look-every': { type: 'string', default: '10' },
    publish: { type: 'boolean', default: false },
  },
});
if (values.tag === undefined) stop('usage: node scripts/publish.mjs --tag v1.2.3 [--publish]');
const folder = resolve(values.packages);
const list = join(folder, 'packages.json');
if (!existsSync(list)) stop(`there is no ${list}: run scripts/pack.mjs first`);
const packages = JSON.parse(readFileSync(list, 'utf8'));
const { version } = manifest;

requireNpm();
const plan = releasePlan(packages, values.tag, lookUp());
for (const name of plan.skipped) console.log(`${name}@${version} is published already`);
for (const problem of plan.problems) console.error(`FAILED  ${problem}`);
if (plan.problems.length > 0) process.exit(1);
for (const { name, file } of plan.steps) {
  if (name === manifest.name) await waitForPlatforms();
  publish(name, file);
}

function requireNpm() {
  const found = run([...npm(), '--version']).output.trim();
  if (!atLeast(found, TRUSTING_NPM)) stop(`this needs npm >= ${TRUSTING_NPM}; it is ${found}`);
}

/** What the registry knows of the packages of this release. */
function lookUp() {
  const known = { names: new Set(), versions: new Set() };
  for (const name of [...targets.map(({ packageName }) => packageName), manifest.name]) {
    const versions = versionsOf(name);
    if (versions !== undefined) known.names.add(name);
    if (versions?.includes(version)) known.versions.add(`${name}@${version}`);
  }
  return known;
}

function versionsOf(name) {
  const { code, output } = run([...npm(), 'view', name, 'versions', '--json', '--loglevel=error']);
  if (code === 0) return [JSON.parse(output)].flat();
  if (output.includes('E404')) return undefined;
  return stop(`npm view ${name} failed:\n${output}`);
}

async function waitForPlatforms() {
  if (!values.publish) return;
  const missing = () =>
    targets.filter(({ packageName }) => !versionsOf(packageName)?.includes(version));
  const startedMs = performance.now();
  while (missing().length > 0) {
    if (performance.now() - startedMs > VISIBLE_WITHIN_MS) {
      const names = missing().map(({ packageName }) => packageName);
      stop(`published, but not to be seen: ${names.join(', ')}; run this again later`);
    }
    await sleep(Number(values['look-every']) * 1000);
  }
}

function publish(name, file) {
  console.log(`${values.publish ? 'publishing' : 'would publish'} ${file} as ${plan.distTag}`);
  const flags = ['--tag', plan.distTag, '--access', 'public', '--ignore-scripts'];
  if (!values.publish) flags.push('--dry-run');
  const { code, output } = run([...npm(), 'publish', join(folder, file), ...flags]);
  if (code !== 0) stop(`${name} was not published:\n${output}`);
}
