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
/** Of what a registry knows of a package, the part that npm installs by. */
const SHORT_FORM = 'application/vnd.npm.install-v1+json';
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
const registry = run([...npm(), 'config', 'get', 'registry', '--loglevel=silent']).output.trim();
const plan = releasePlan(packages, values.tag, await lookUp());
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
async function lookUp() {
  const known = { names: new Set(), versions: new Set() };
  for (const name of [...targets.map(({ packageName }) => packageName), manifest.name]) {
    const versions = await versionsOf(name);
    if (versions !== undefined) known.names.add(name);
    if (versions?.includes(version)) known.versions.add(`${name}@${version}`);
  }
  return known;
}

// Not by `npm view`, which starts anew for each of them and takes most of the time of a release.
async function versionsOf(name) {
  const response = await ask(new URL(name, registry));
  if (response.status === 404) return undefined;
  if (!response.ok) stop(`the registry says ${response.status} of ${name}`);
  return Object.keys((await response.json()).versions);
}

// While npm publishes, this program stands still, and the registry may close the connection meanwhile.
async function ask(address, attemptsLeft = 3) {
  try {
    return await fetch(address, { headers: { accept: SHORT_FORM } });
  } catch (error) {
    if (attemptsLeft === 1) return stop(`${address}: ${error.cause?.message ?? error.message}`);
    return ask(address, attemptsLeft - 1);
  }
}

async function waitForPlatforms() {
  if (!values.publish) return;
  const startedMs = performance.now();
  for (let missing = await platformsUnseen(); missing.length > 0; ) {
    if (performance.now() - startedMs > VISIBLE_WITHIN_MS) {
      stop(`published, but not to be seen: ${missing.join(', ')}; run this again later`);
    }
    await sleep(Number(values['look-every']) * 1000);
    missing = await platformsUnseen();
  }
}

async function platformsUnseen() {
  const { names, versions } = await lookUp();
  return [...names].filter((name) => name !== manifest.name && !versions.has(`${name}@${version}`));
}

function publish(name, file) {
  console.log(`${values.publish ? 'publishing' : 'would publish'} ${file} as ${plan.distTag}`);
  const flags = ['--tag', plan.distTag, '--access', 'public', '--ignore-scripts'];
  if (!values.publish) flags.push('--dry-run');
  const { code, output } = run([...npm(), 'publish', join(folder, file), ...flags]);
  if (code !== 0) stop(`${name} was not published:\n${output}`);
}
