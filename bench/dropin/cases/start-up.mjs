/**
 * How long a process takes that does nothing, bare and with `backbeat/register` preloaded.
 *
 * Each start is paired with a bare one just before or after it, so that a machine whose speed drifts slows
 * both; what counts is the median of the differences of the processor's time, for the time that passes
 * depends on who else runs. Node's own row pairs bare with bare: how far such a median is off by chance.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../../measure/statistics.mjs';

export const title = 'Start-up of a process that does nothing';
const REGISTER = fileURLToPath(new URL('../../../dist/timers/register.js', import.meta.url));
const PAIRS = 15;
/** What the process has used when it ends by itself. */
const REPORT = `process.once('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(String((user + system) / 1000));
});`;

export function groups({ quick }) {
  const variant = (flag) => ({
    variant: flag.replaceAll('-', ''),
    params: { flag, pairs: quick ? 3 : PAIRS },
    peers: ['node-timers', 'backbeat'],
    timeLimitS: { other: 120 },
  });
  return ['--import', '-r'].map(variant);
}

export const compared = 'cpuMs';

export const columns = [
  { key: 'addedCpuMs', label: 'CPU over bare ms' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'wallMs', label: 'wall ms' },
];

export function run(peer, { flag, pairs }) {
  const flags = peer.isRegistered ? [flag, REGISTER] : [];
  start([]);
  start(flags); // both once, for the file system's cache
  // The properties are made in the order in which they stand.
  const starts = Array.from({ length: pairs }, (_, pair) =>
    pair % 2 === 0
      ? { bare: start([]), ours: start(flags) }
      : { ours: start(flags), bare: start([]) },
  );
  return {
    addedCpuMs: median(starts.map(({ bare, ours }) => ours.cpuMs - bare.cpuMs)),
    cpuMs: median(starts.map(({ ours }) => ours.cpuMs)),
    wallMs: median(starts.map(({ ours }) => ours.wallMs)),
  };
}

function start(flags) {
  const startedMs = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [...flags, '-e', REPORT]);
  if (status !== 0) throw new Error(`node ${flags.join(' ')} ended with ${status}`);
  return { cpuMs: Number(stdout), wallMs: performance.now() - startedMs };
}
