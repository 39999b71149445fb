// Packs the package, installs it with every package manager, and runs the same small program on every
// runtime, in a worker, in test runners and in a bundle.
//   npm run smoke [-- --write] [--binaries FOLDER] [--on TARGET=COMMAND]... [--only-on]
// --write puts the tables into docs/compatibility.md. --on: COMMAND starts a Node of another platform,
// whose binary is in FOLDER. --only-on leaves everything else out, and its tables as they are. Needs
// the registry that npm is configured for, the first time for the runtimes as well.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startRegistry } from './smoke/loopback-packages.mjs';
import { measureImport, median } from './smoke/measurements.mjs';
import { table, writeBetween } from './smoke/page-marks.mjs';
import { argumentsFor, parsePlace, platformRows, WAYS } from './smoke/platforms.mjs';
import { tryProgram } from './smoke/programs.mjs';
import { binariesFor, installInto, nodeFor, packageManagers } from './smoke/projects.mjs';
import { runnerPackages, tryRunners } from './smoke/runners.mjs';
import { installTools, nodeBinary, runtimes } from './smoke/tools.mjs';
import { npm, ROOT, run, stop } from './toolchain.mjs';

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    binaries: { type: 'string' },
    on: { type: 'string', multiple: true, default: [] },
    'only-on': { type: 'boolean', default: false },
  },
});
const places = values.on.map(parsePlace);
const work = mkdtempSync(join(tmpdir(), 'backbeat-smoke-'));
const problems = [];
/** Tables of the page, by the mark that they stand behind. */
const tables = { smoke: [], platforms: [] };

pack();
installTools();
const registry = await startRegistry({ packages: join(work, 'packages') });
const forRunners = await startRegistry({ packages: join(work, 'packages'), upstream: upstream() });
try {
  if (!values['only-on']) await tryThisPlatform();
  await tryOtherPlatforms();
} finally {
  registry.close();
  forRunners.close();
  rmSync(work, { recursive: true, force: true });
}
report();

async function tryThisPlatform() {
  await tryManagers();
  await tryRuntimes();
  await tryPlaces();
  measure();
}

async function tryOtherPlatforms() {
  if (places.length === 0) return;
  const binaries = values.binaries ?? ROOT;
  const rows = await platformRows({ places, binaries, work, url: registry.url, note });
  const ways = WAYS.map(({ title }) => title);
  addTable('platforms', ['package', 'its binary', 'run by', ...ways], rows);
}

function pack() {
  const binaries = values.binaries === undefined ? [] : ['--binaries', values.binaries];
  const script = [process.execPath, 'scripts/pack.mjs', '--out', join(work, 'packages')];
  const { code, output } = run([...script, ...binaries]);
  if (code !== 0) stop(`nothing to try:\n${output}`);
}

function upstream() {
  const { output } = run([...npm(), 'config', 'get', 'registry', '--loglevel=silent']);
  return output.trim();
}

async function tryManagers() {
  const rows = [];
  for (const manager of packageManagers()) {
    const folder = join(work, `managed-${rows.length}`);
    const cache = join(work, `cache-${rows.length}`);
    const { code, output, binaries } = await installInto(folder, manager, registry.url, cache);
    if (code === 0 && binaries.length === binariesFor(manager, join(work, 'packages'))) {
      const outcome = await tryProgram([...nodeFor(manager), 'main.mjs'], folder);
      rows.push([manager.title, binaries.length, note(manager.title, outcome)]);
    } else {
      const problem = `exit code ${code}, ${binaries.length} binaries\n${output.slice(-2000)}`;
      rows.push([manager.title, binaries.length, note(manager.title, { cell: 'FAILED', problem })]);
    }
  }
  addTable('smoke', ['installed by', 'binaries', 'the program, on Node 22'], rows);
}

async function tryRuntimes() {
  const folder = join(work, 'managed-1');
  const rows = [];
  for (const { title, kind, command, preload } of runtimes()) {
    const cells = [];
    for (const way of WAYS) {
      const outcome = await tryProgram([...command, ...argumentsFor(way, preload)], folder, {
        kind,
      });
      cells.push(note(`${title}, ${way.title}`, outcome));
    }
    rows.push([title, ...cells]);
  }
  addTable('smoke', ['on', ...WAYS.map(({ title }) => title)], rows);
}

async function tryPlaces() {
  const folder = join(work, 'runners');
  const [, manager] = packageManagers();
  const packages = ['backbeat', ...runnerPackages];
  const cache = join(work, 'cache-runners');
  const installed = await installInto(folder, manager, forRunners.url, cache, packages);
  if (installed.code !== 0) stop(`the test runners were not installed:\n${installed.output}`);
  const rows = await tryRunners(folder);
  addTable(
    'smoke',
    ['inside', 'the program'],
    rows.map(({ title, outcome }) => [title, note(title, outcome)]),
  );
}

function measure() {
  const imports = measureImport(nodeBinary('node22'), join(work, 'managed-1'));
  const { bare, imported, addedCpuMs } = imports;
  const spread = (sorted) =>
    `${sorted[sorted.length >> 2].toFixed(0)} to ${sorted[(sorted.length * 3) >> 2].toFixed(0)} ms`;
  console.log(
    `import: ${median(addedCpuMs).toFixed(1)} ms of CPU over bare Node (${median(bare.cpuMs).toFixed(1)} ms; ` +
      `middle half of the differences ${spread(addedCpuMs)}); wall ${spread(bare.wallMs)}, and ` +
      `${spread(imported.wallMs)}; ` +
      `threads ${bare.threads} and ${imported.threads}`,
  );
}

function note(where, { cell, problem }) {
  console.log(`${where}: ${cell}`);
  if (problem !== undefined) problems.push(`${where}: ${problem}`);
  return cell;
}

function addTable(mark, head, rows) {
  tables[mark].push(table(head, rows));
}

function report() {
  for (const problem of problems) console.error(`FAILED  ${problem}`);
  if (values.write && problems.length === 0) writePage();
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function writePage() {
  const system = `On ${process.platform} ${process.arch}.`;
  for (const [mark, written] of Object.entries(tables)) {
    if (written.length > 0) writeBetween(mark, [system, ...written].join('\n\n'));
  }
}
