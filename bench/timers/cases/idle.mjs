/**
 * Punctuality: a thousand timers at k x 10.25 ms on an idle loop, and on a loop that is busy for
 * 2 ms of every 4. Every timer's lateness is read; negative means early.
 */

import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { latenessFigures } from '../../measure/ledger.mjs';
import { warmUpChurn } from '../warm-up.mjs';

export const title = 'Sparse timers: lateness';
const STEP_MS = 10.25;
const BUSY_MS = 2;
const PERIOD_MS = 4;
const PATIENCE_MS = 1000;
const SETTLE_MS = 200;

export function groups({ quick }) {
  const variant = (name, rounds) => ({
    variant: name,
    params: { count: quick ? 100 : 1000, halfBusy: name === 'half-busy' },
    rounds,
    peers: ['node-timers', 'backbeat', 'js-wheel'],
    timeLimitS: { other: 40 },
  });
  return [variant('idle'), variant('half-busy', 3)];
}

export const compared = 'cpuMs';

export const columns = [
  { key: 'lateMin', label: 'late min ms' },
  { key: 'lateP50', label: 'p50' },
  { key: 'lateP99', label: 'p99' },
  { key: 'lateMax', label: 'max' },
  { key: 'early', label: 'early' },
  { key: 'lost', label: 'lost' },
  { key: 'cpuMs', label: 'CPU ms' },
];

function keepHalfBusy() {
  const busy = () => {
    const untilMs = performance.now() + BUSY_MS;
    while (performance.now() < untilMs);
  };
  return setInterval(busy, PERIOD_MS);
}

export async function run(peer, { count, halfBusy }) {
  const dueMs = new Float64Array(count);
  const latenessMs = new Float64Array(count).fill(Number.NaN);
  let doubled = 0;
  const callback = (id) => {
    const nowMs = performance.now();
    if (!Number.isNaN(latenessMs[id])) doubled++;
    latenessMs[id] = nowMs - dueMs[id];
  };
  await warmUpChurn(peer);
  const load = halfBusy ? keepHalfBusy() : undefined;
  await sleep(SETTLE_MS);

  const start = new CpuReading();
  for (let id = 0; id < count; id++) {
    const delayMs = (id + 1) * STEP_MS;
    dueMs[id] = performance.now() + delayMs;
    peer.insert(delayMs, callback, id);
  }
  await sleep(count * STEP_MS + PATIENCE_MS);
  const { cpuNs } = new CpuReading().since(start);
  clearInterval(load);
  const fired = latenessMs.filter((lateMs) => !Number.isNaN(lateMs));
  return {
    ...latenessFigures(fired),
    lost: count - fired.length,
    doubled,
    cpuMs: cpuNs / 1e6,
  };
}
