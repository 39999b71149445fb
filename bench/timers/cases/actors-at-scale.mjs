/**
 * Ten million named actors with data, armed in slices with a turn of the event loop between: memory,
 * the longest time the loop stood still, and whether each fires exactly once.
 */

import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { createLedger } from '../../measure/ledger.mjs';
import { peakResidentBytes, settledMemory } from '../../measure/memory.mjs';
import { uniformDelays } from '../../measure/random.mjs';
import { quantile } from '../../measure/statistics.mjs';
import { allFired } from '../fire-watch.mjs';

export const title = 'Actors at scale: armed in slices';
const SLICE = 5000;

export function groups({ quick }) {
  const size = (n, armingMs, windowMs, rounds) => ({
    variant: `${n}`,
    params: { n, armingMs, windowMs },
    peers: ['backbeat', 'node-timers'],
    rounds,
    timeLimitS: { other: 180 },
  });
  return quick ? [size(100_000, 1500, 1000)] : [size(10_000_000, 30_000, 10_000, 2)];
}

export const compared = 'armCpuNs';

export const columns = [
  { key: 'armS', label: 'arming s' },
  { key: 'armCpuNs', label: 'arming CPU ns per actor' },
  { key: 'longestSliceMs', label: 'longest slice ms' },
  { key: 'sliceP99Ms', label: 'slice p99 ms' },
  { key: 'longestBetweenMs', label: 'longest between slices ms' },
  { key: 'pendingMb', label: 'resident MB, all pending' },
  { key: 'peakMb', label: 'peak RSS MB' },
  { key: 'totalCpuNs', label: 'with fire CPU ns' },
  { key: 'early', label: 'early' },
  { key: 'lost', label: 'lost' },
  { key: 'doubled', label: 'doubled' },
];

/** Arms all; gives the length of each slice and of each wait between two slices, in ms. */
async function armInSlices(n, armOne) {
  const slicesMs = new Float64Array(Math.ceil(n / SLICE));
  const betweenMs = new Float64Array(slicesMs.length);
  let endedMs = performance.now();
  for (let slice = 0; slice < slicesMs.length; slice++) {
    await nextTurn();
    const startedMs = performance.now();
    betweenMs[slice] = startedMs - endedMs;
    for (let id = slice * SLICE; id < Math.min(n, (slice + 1) * SLICE); id++) armOne(id, startedMs);
    endedMs = performance.now();
    slicesMs[slice] = endedMs - startedMs;
  }
  return { slicesMs: slicesMs.sort(), betweenMs: betweenMs.sort() };
}

export async function run(peer, { n, armingMs, windowMs, seed }) {
  const offsetsMs = uniformDelays(seed, n, 0, windowMs);
  const ledger = createLedger(n);
  const { callback: record, expect } = ledger;
  const callback = (entry) => {
    record(entry.id);
  };
  const before = await settledMemory();

  const start = new CpuReading();
  const opensMs = start.wallMs + armingMs;
  const { slicesMs, betweenMs } = await armInSlices(n, (id, nowMs) => {
    const delayMs = Math.max(100, Math.ceil(opensMs - nowMs)) + offsetsMs[id];
    expect(id, delayMs);
    peer.actor(callback, `actor-${id}`, { id }, delayMs);
  });
  const armed = new CpuReading();
  const armedInTime = armed.wallMs < opensMs;
  const { rss } = process.memoryUsage();

  let end;
  await allFired(ledger, n, Math.max(armed.wallMs, opensMs) + windowMs, () => {
    end = new CpuReading();
  });
  const peakBytes = peakResidentBytes();
  const arming = armed.since(start);
  return {
    ...ledger.verdict(),
    ...ledger.lateness(),
    armS: arming.wallMs / 1000,
    armCpuNs: arming.cpuNs / n,
    longestSliceMs: slicesMs.at(-1),
    sliceP99Ms: quantile(slicesMs, 0.99),
    longestBetweenMs: betweenMs.at(-1),
    longestPauseMs: Math.max(slicesMs.at(-1), betweenMs.at(-1)),
    pendingMb: rss / 1e6,
    baselineMb: before.rss / 1e6,
    peakMb: peakBytes / 1e6,
    totalCpuNs: end.since(start).cpuNs / n,
    armedInTime,
  };
}
