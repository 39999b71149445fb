/**
 * Work that is due every 50 ms on a thread while the main loop is blocked for 5 s. A run is late by
 * the time between the slot of its grid and its start on the thread.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../measure/statistics.mjs';

export const title = 'Timed work on threads beside a blocked main loop';
const INTERVAL_MS = 50;
const BLOCKED_MS = 5000;
const AFTER_MS = 500;

export function groups({ quick, threads }) {
  return [
    {
      variant: '5s',
      params: { threads, blockedMs: quick ? 1000 : BLOCKED_MS },
      peers: ['raw', 'piscina', 'backbeat-timed'],
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'p99Ms';
export const columns = [
  { key: 'p50Ms', label: 'late p50 ms' },
  { key: 'p99Ms', label: 'p99' },
  { key: 'maxMs', label: 'max' },
  { key: 'missing', label: 'runs missing' },
];

const wallMs = () => performance.timeOrigin + performance.now();

export async function run(peer, { threads, blockedMs }) {
  await peer.open(threads);
  await peer.run('increment', 1);
  const every = peer.every ?? ((intervalMs) => runEvery(peer, intervalMs));
  const timed = await every(INTERVAL_MS);
  await sleep(AFTER_MS);
  const untilMs = performance.now() + blockedMs;
  while (performance.now() < untilMs);
  await sleep(AFTER_MS);
  const startsMs = await timed.stop();
  return latenessOf(startsMs, 2 * AFTER_MS + blockedMs);
}

/** What one does with a pool that has no clock: a timer of the main loop starts the jobs. */
function runEvery(peer, intervalMs) {
  const runs = [];
  const timer = setInterval(() => runs.push(peer.run('clock')), intervalMs);
  return {
    stop() {
      clearInterval(timer);
      return Promise.all(runs);
    },
  };
}

/** Against the grid through the first start, which is taken as punctual. */
function latenessOf(startsMs, spanMs) {
  const slots = Math.floor(spanMs / INTERVAL_MS) - 1;
  const [firstMs = wallMs()] = startsMs;
  const late = new Float64Array(slots).fill(spanMs);
  for (let slot = 0, run = 0; slot < slots; slot++) {
    const dueMs = firstMs + slot * INTERVAL_MS;
    while (run < startsMs.length && startsMs[run] < dueMs - INTERVAL_MS / 2) run++;
    if (run < startsMs.length) late[slot] = Math.max(0, startsMs[run] - dueMs);
  }
  late.sort();
  return {
    p50Ms: quantile(late, 0.5),
    p99Ms: quantile(late, 0.99),
    maxMs: late.at(-1),
    missing: Math.max(0, slots - startsMs.length),
  };
}
