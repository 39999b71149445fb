/**
 * The benchmark driver: `npm run bench -- SUITE [--quick] [--only CASE,...] [--runs 5]`.
 * Each (case, peer) runs in a fresh process, peers interleaved: round 1 of all, round 2 of all ...
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FailedSizes, measureGroup } from './measure/rounds.mjs';
import { goalTable, renderReport, writeBetweenMarks } from './report.mjs';
import { ResultsFile } from './results-file.mjs';

const BENCH = dirname(fileURLToPath(import.meta.url));
const BUILT = join(BENCH, '..', 'dist', 'scheduler.js');
const SUITES = {
  timers: './timers/suite.mjs',
  channel: './channel/suite.mjs',
  fanout: './fanout/suite.mjs',
  dropin: './dropin/suite.mjs',
  jobs: './jobs/suite.mjs',
};
const NAMES = Object.keys(SUITES).join('|');
const USAGE = `usage: npm run bench -- ${NAMES} [--quick] [--only CASE,...] [--runs N] [--report]
  --quick   small sizes, under three minutes; leaves the tables of README alone
  --only    these cases (oneshot) or single groups (oneshot/1000000); the rest keeps its figures
  --runs    rounds (default 5, fewer for the slowest groups; 2 with --quick)
  --report  measure nothing, write the tables from the stored results`;

class UsageError extends Error {}

function readArguments(argv) {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        runs: { type: 'string' },
        report: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { values, positionals } = parsed;
  const suiteName = positionals[0] ?? 'timers';
  if (SUITES[suiteName] === undefined) throw new UsageError(`no suite named ${suiteName}`);
  const runs = Number(values.runs ?? (values.quick ? 2 : 5));
  if (!Number.isInteger(runs) || runs < 1)
    throw new UsageError(`--runs ${values.runs}: not a count`);
  const only = values.only?.split(',').map((name) => name.trim());
  return { ...values, suiteName, runs, runsAsked: values.runs !== undefined, only };
}

/** All groups of a suite as `{ id, caseName, variant, params, peers, ... }`. */
function planGroups({ cases }, quick) {
  return Object.entries(cases).flatMap(([caseName, module]) =>
    module
      .groups({ quick })
      .map((group) => ({ ...group, id: `${caseName}/${group.variant}`, caseName })),
  );
}

function chosenGroups(plan, only) {
  if (only === undefined) return plan;
  for (const name of only) {
    if (!plan.some(({ id, caseName }) => id === name || caseName === name)) {
      const known = [...new Set(plan.map(({ caseName }) => caseName))].join(', ');
      throw new UsageError(`--only ${name}: no such case (there are ${known})`);
    }
  }
  return plan.filter(({ id, caseName }) => only.includes(id) || only.includes(caseName));
}

function installPeers() {
  const { dependencies } = JSON.parse(readFileSync(join(BENCH, 'package.json'), 'utf8'));
  const installed = Object.entries(dependencies).every(([name, version]) => {
    const manifest = join(BENCH, 'node_modules', name, 'package.json');
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
  });
  if (installed) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: BENCH,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci in bench/ failed: the peers are not installed');
}

function reasonNotToTry(suite, { caseName }, peerName) {
  if (peerName.startsWith('backbeat') && !existsSync(BUILT))
    return 'not built: node scripts/setup.mjs';
  return suite.cases[caseName].cannot?.[peerName];
}

async function main() {
  const options = readArguments(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  const suite = await import(SUITES[options.suiteName]);
  const plan = planGroups(suite, options.quick);
  const chosen = chosenGroups(plan, options.only);
  const suffix = options.quick ? '-quick' : '';
  const file = new ResultsFile(join(BENCH, 'results', `${options.suiteName}${suffix}.json`));

  if (!options.report) {
    installPeers();
    const failedSizes = new FailedSizes();
    for (const group of chosen) {
      const cannot = (peerName) => reasonNotToTry(suite, group, peerName);
      const { runs, runsAsked } = options;
      const rounds = { runs, runsAsked, failedSizes, cannot };
      file.put(group.id, await measureGroup(suite, group, rounds));
    }
  }

  const results = { ...file.inOrder(plan.map(({ id }) => id)), quick: options.quick };
  if (Object.keys(results.groups).length === 0) throw new Error('no results stored yet');
  if (options.quick) return console.log(renderReport(suite, results));
  writeBetweenMarks(join(BENCH, 'README.md'), options.suiteName, renderReport(suite, results));
  console.log(goalTable(suite.goals, results.groups));
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message}\n${USAGE}` : error);
  process.exitCode = isUsage ? 2 : 1;
}
