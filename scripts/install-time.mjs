// How long `npm install` of the packed package takes with a warm cache, from a registry on this machine.
//   npm run install-time [-- --turns 9] [--write]
// It fails when an installation brings more than one platform's package, or one that runs a script.
// --write puts the table into docs/compatibility.md. Measure on a machine that does nothing else.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { addNothing, measureInstallation } from './smoke/installation.mjs';
import { startRegistry } from './smoke/loopback-packages.mjs';
import { table, writeBetween } from './smoke/page-marks.mjs';
import { packageManagers } from './smoke/projects.mjs';
import { installTools, nodeBinary } from './smoke/tools.mjs';
import { run, stop } from './toolchain.mjs';

const HEAD = ['installed by', 'backbeat', 'an empty package', 'packages', 'platforms', 'scripts'];

const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '9' },
    write: { type: 'boolean', default: false },
  },
});
const turns = Number(values.turns);
if (!Number.isInteger(turns) || turns < 1) stop(`--turns ${values.turns}: not a count`);

const work = mkdtempSync(join(tmpdir(), 'backbeat-install-time-'));
try {
  await measure();
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function measure() {
  const packages = join(work, 'packages');
  const packed = run([process.execPath, 'scripts/pack.mjs', '--out', packages]);
  if (packed.code !== 0) stop(`nothing to install:\n${packed.output}`);
  addNothing(packages);
  installTools();
  const registry = await startRegistry({ packages });
  try {
    const rows = [];
    for (const manager of packageManagers().filter(({ title }) => title.startsWith('npm '))) {
      const place = { url: registry.url, work: join(work, manager.title), turns };
      rows.push(rowOf(manager.title, await measureInstallation(manager, place)));
    }
    report(rows);
  } finally {
    registry.close();
  }
}

function rowOf(title, { nothingMs, backbeatMs, brought }) {
  const { packages, platforms, scripts } = brought;
  if (platforms.length !== 1 || scripts.length > 0) {
    console.error(`FAILED  ${title}: ${[...platforms, ...scripts].join(', ') || 'no platform'}`);
    process.exitCode = 1;
  }
  return [
    title,
    describe(backbeatMs),
    describe(nothingMs),
    packages,
    platforms.length,
    scripts.length,
  ];
}

function describe(sortedMs) {
  const seconds = (ms) => (ms / 1000).toFixed(2);
  const median = sortedMs[sortedMs.length >> 1];
  return `${seconds(median)} s (${seconds(sortedMs[0])} to ${seconds(sortedMs.at(-1))})`;
}

function report(rows) {
  const written = table(HEAD, rows);
  console.log(written);
  if (!values.write || process.exitCode === 1) return;
  const node = run([nodeBinary('node20'), '--version'])
    .output.trim()
    .replace('v', 'Node ');
  const machine = `${process.platform} ${process.arch}, ${cpus().length} CPUs`;
  const times =
    `Medians of ${turns} installations each, in turn (least and most); ` +
    `${node}, npm 12 by Node 22; ${machine}.`;
  writeBetween('installation', `${times}\n\n${written}`);
}
