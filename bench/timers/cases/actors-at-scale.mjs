/**
 * Ten million named actors with data, armed in slices of two milliseconds with a turn of the event
 * loop between, as a program does that must not stand still: memory, the longest time the loop stood
 * still all the same, and whether each fires exactly once.
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
const SLICE_MS = 2;
/** So that reading the clock is no part of what is measured. */
const ACTORS_PER_CLOCK_READING = 20;

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

/** Arms all; gives the length of each slice and of each wait between two slices, in ms, in order of length. */
async function armInSlices(n, armOne) {
  const slicesMs = [];
  const betweenMs = [];
  let endedMs = performance.now();
  for (let id = 0; id < n; ) {
    await nextTurn();
    const startedMs = performance.now();
    betweenMs.push(startedMs - endedMs);
    do {
      const end = Math.min(n, id + ACTORS_PER_CLOCK_READING);
      for (; id < end; id++) armOne(id, startedMs);
      endedMs = performance.now();
    } while (id < n && endedMs - startedMs < SLICE_MS);
    slicesMs.push(endedMs - startedMs);
  }
  return {
    slicesMs: Float64Array.from(slicesMs).sort(),
    betweenMs: Float64Array.from(betweenMs).sort(),
  };
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
