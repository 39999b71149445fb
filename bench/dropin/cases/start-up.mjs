/** How long a process takes that does nothing, bare and with `backbeat/register` preloaded. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const title = 'Start-up of a process that does nothing';
const REGISTER = fileURLToPath(new URL('../../../dist/timers/register.js', import.meta.url));
const STARTS = 10;

export function groups({ quick }) {
  const variant = (flag) => ({
    variant: flag.replaceAll('-', ''),
    params: { flag, starts: quick ? 3 : STARTS },
    peers: ['node-timers', 'backbeat'],
    timeLimitS: { other: 60 },
  });
  return ['--import', '-r'].map(variant);
}

export const compared = 'startMs';

export const columns = [
  { key: 'startMs', label: 'least ms' },
  { key: 'typicalMs', label: 'median ms' },
];

export function run(peer, { flag, starts }) {
  const flags = peer.isRegistered ? [flag, REGISTER] : [];
  const tookMs = Array.from({ length: starts }, () => {
    const startedMs = performance.now();
    spawnSync(process.execPath, [...flags, '-e', '0']);
    return performance.now() - startedMs;
  }).sort((one, other) => one - other);
  return { startMs: tookMs[0], typicalMs: tookMs[Math.floor(starts / 2)] };
}
