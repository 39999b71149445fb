/**
 * Moving the deadline of live timers, in random order: `rearm(handle, delay)` against
 * `timeout.refresh()`, each timer with its own delay again. Ten thousand live, and the same beside
 * a million live ones.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { uniformDelays, uniformIndexes } from '../../measure/random.mjs';
import { warmUpChurn } from '../warm-up.mjs';

export const title = 'Re-arm';
const MILLION = 1_000_000;
const OPERATIONS_PER_TURN = 1000;
const LIVE = 10_000;
const DELAYS_MS = [60_000, 64_999];
const BYSTANDER_DELAYS_MS = [120_000, 124_999];
const SETTLE_MS = 60;

export function groups({ quick }) {
  const variant = (name, bystanders) => ({
    variant: name,
    params: { operations: quick ? 200_000 : MILLION, bystanders },
    peers: ['node-timers', 'backbeat', 'js-wheel'],
    timeLimitS: { other: 60 },
  });
  return [variant('10k', 0), variant('beside-1M', MILLION)];
}

export const compared = 'cpuNs';

export const columns = [
  { key: 'cpuNs', label: 'CPU ns per re-arm' },
  { key: 'wallNs', label: 'wall ns' },
  { key: 'mainCpuNs', label: 'of it main thread' },
  { key: 'refused', label: 'refused' },
  { key: 'fired', label: 'fired' },
];

export async function run(peer, { operations, bystanders, seed }) {
  let fired = 0;
  let refused = 0;
  const callback = () => {
    fired++;
  };
  await warmUpChurn(peer);
  for (const delayMs of uniformDelays(seed, bystanders, ...BYSTANDER_DELAYS_MS)) {
    peer.insert(delayMs, callback, 0);
  }
  const delaysMs = uniformDelays(seed + 1, LIVE, ...DELAYS_MS);
  const handles = Array.from(delaysMs, (delayMs, index) => peer.insert(delayMs, callback, index));
  const order = uniformIndexes(seed + 2, operations, LIVE);
  globalThis.gc();
  await sleep(SETTLE_MS);

  const start = new CpuReading();
  for (let from = 0; from < operations; from += OPERATIONS_PER_TURN) {
    const to = Math.min(from + OPERATIONS_PER_TURN, operations);
    for (let index = from; index < to; index++) {
      const which = order[index];
      if (peer.rearm(handles[which], delaysMs[which]) === false) refused++;
    }
    await nextTurn();
  }
  const { wallMs } = new CpuReading().since(start);
  await sleep(SETTLE_MS);
  const { cpuNs, mainCpuNs } = new CpuReading().since(start);
  return {
    cpuNs: cpuNs / operations,
    wallNs: (wallMs * 1e6) / operations,
    mainCpuNs: mainCpuNs / operations,
    refused,
    fired,
  };
}
