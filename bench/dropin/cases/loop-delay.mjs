/**
 * How late the event loop is, by Node's own monitor at its finest setting, beside a million pending
 * timers. `pending`: none of them is due. `firing`: all of them fall due in four seconds. `churning`:
 * none is due, and ten thousand a second are cleared and set again.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { uniformDelays, uniformIndexes } from '../../measure/random.mjs';
import { warmUpChurn } from '../../timers/warm-up.mjs';

export const title = 'Event-loop delay with a million pending timers';
const FAR_MS = [120_000, 180_000];
const LEAD_MS = 4000;
const WATCHED_MS = 4000;
const CHURN_EVERY_MS = 10;
const CHURNED = 100;
/** The monitor's own period, contained in all that it tells. */
const RESOLUTION_MS = 1;

export function groups({ quick }) {
  const variant = (kind) => ({
    variant: kind,
    params: { kind, pending: quick ? 100_000 : 1_000_000 },
    peers: ['node-timers', 'backbeat'],
    timeLimitS: { other: 60 },
  });
  return ['pending', 'firing', 'churning'].map(variant);
}

export const compared = 'cpuMs';

export const columns = [
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'delayP50', label: 'delay p50 ms' },
  { key: 'delayP99', label: 'p99' },
  { key: 'delayP999', label: 'p99.9' },
  { key: 'delayMax', label: 'max' },
  { key: 'lost', label: 'lost' },
];

export async function run(peer, { kind, pending, seed }) {
  let fired = 0;
  const callback = () => {
    fired++;
  };
  await warmUpChurn(peer);
  const range = kind === 'firing' ? [LEAD_MS, LEAD_MS + WATCHED_MS] : FAR_MS;
  const insertedMs = performance.now();
  const delaysMs = uniformDelays(seed, pending, ...range);
  const handles = Array.from(delaysMs, (delayMs) => setTimeout(callback, delayMs));
  await sleep(Math.max(0, insertedMs + LEAD_MS - performance.now()));

  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const start = new CpuReading();
  const churn = kind === 'churning' ? startChurn(handles, delaysMs, callback, seed) : undefined;
  monitor.enable();
  await sleep(WATCHED_MS);
  monitor.disable();
  const { cpuNs } = new CpuReading().since(start);
  clearInterval(churn);
  if (kind === 'firing') await sleep(LEAD_MS);
  const delayMs = (percentile) => monitor.percentile(percentile) / 1e6 - RESOLUTION_MS;
  return {
    cpuMs: cpuNs / 1e6,
    delayP50: delayMs(50),
    delayP99: delayMs(99),
    delayP999: delayMs(99.9),
    delayMax: monitor.max / 1e6 - RESOLUTION_MS,
    lost: kind === 'firing' ? pending - fired : fired,
  };
}

function startChurn(handles, delaysMs, callback, seed) {
  const victims = uniformIndexes(
    seed + 1,
    (CHURNED * 2 * WATCHED_MS) / CHURN_EVERY_MS,
    handles.length,
  );
  let next = 0;
  return setInterval(() => {
    for (let count = 0; count < CHURNED; count++) {
      const victim = victims[next++ % victims.length];
      clearTimeout(handles[victim]);
      handles[victim] = setTimeout(callback, delaysMs[victim]);
    }
  }, CHURN_EVERY_MS);
}
