/**
 * How long a program takes that does nothing, a module in a file: bare, with `backbeat/register` preloaded,
 * and importing an entry of the package.
 *
 * Each start is paired with a bare one just before or after it, so that a machine whose speed drifts slows
 * both; what counts is the median of the differences of the processor's time, for the time that passes
 * depends on who else runs. Node's own row pairs bare with bare: how far such a median is off by chance.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from '../../measure/statistics.mjs';

export const title = 'Start-up of a process that does nothing';
const DIST = new URL('../../../dist/', import.meta.url);
const REGISTER = fileURLToPath(new URL('timers/register.js', DIST));
const INDEX = new URL('index.js', DIST).href;
const SCHEDULER = new URL('scheduler.js', DIST).href;
const PAIRS = 15;
/** With further certificates Node parses all it knows at its start, which takes longer than the rest. */
const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...ENVIRONMENT } = process.env;
/** What the process has used when it ends by itself. */
const REPORT = `process.once('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(String((user + system) / 1000));
});`;

const BARE = 'bare.mjs';

/** What is preloaded, or the program that is started in the place of the bare one. */
const STARTS = {
  import: { flags: ['--import', REGISTER] },
  r: { flags: ['-r', REGISTER] },
  index: { imports: INDEX },
  scheduler: { imports: SCHEDULER },
};

export function groups({ quick }) {
  return Object.keys(STARTS).map((variant) => ({
    variant,
    params: { variant, pairs: quick ? 3 : PAIRS },
    peers: ['node-timers', 'backbeat'],
    timeLimitS: { other: 120 },
  }));
}

export const compared = 'cpuMs';

export const columns = [
  { key: 'addedCpuMs', label: 'CPU over bare ms' },
  { key: 'addedWallMs', label: 'wall over bare ms' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'wallMs', label: 'wall ms' },
];

export function run(peer, { variant, pairs }) {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-start-up-'));
  try {
    const bare = [plant(folder, BARE, REPORT)];
    const ours = peer.isRegistered ? withPackage(folder, bare, STARTS[variant]) : bare;
    return comparison(bare, ours, pairs);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function withPackage(folder, bare, { flags, imports }) {
  if (flags !== undefined) return [...flags, ...bare];
  return [plant(folder, 'importing.mjs', `import ${JSON.stringify(imports)};\n${REPORT}`)];
}

function comparison(bare, ours, pairs) {
  start(bare);
  start(ours); // both once, for the file system's cache
  // The properties are made in the order in which they stand.
  const starts = Array.from({ length: pairs }, (_, pair) =>
    pair % 2 === 0
      ? { bare: start(bare), ours: start(ours) }
      : { ours: start(ours), bare: start(bare) },
  );
  const added = (key) => median(starts.map((pair) => pair.ours[key] - pair.bare[key]));
  const used = (key) => median(starts.map((pair) => pair.ours[key]));
  return {
    addedCpuMs: added('cpuMs'),
    addedWallMs: added('wallMs'),
    cpuMs: used('cpuMs'),
    wallMs: used('wallMs'),
  };
}

function start(args) {
  const startedMs = performance.now();
  const { status, stdout } = spawnSync(process.execPath, args, { env: ENVIRONMENT });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return { cpuMs: Number(stdout), wallMs: performance.now() - startedMs };
}

function plant(folder, name, text) {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
