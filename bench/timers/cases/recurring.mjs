/**
 * Recurring workers, one run a second each, phases spread over the second by starting them in a
 * hundred slices. Lateness and early runs are against each worker's own grid (start + k seconds);
 * the cron libraries only know the wall clock's whole seconds and are held against those.
 */

import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { latenessFigures, SAMPLE_STRIDE } from '../../measure/ledger.mjs';

export const title = 'Recurring workers at 1 Hz';
const INTERVAL_MS = 1000;
const SLICES = 100;
/** Ends between two grid points, so that a late last tick still counts. */
const TAIL_MS = 500;
const FAST = ['node-timers', 'backbeat', 'js-wheel'];
const LIBRARIES = ['toad-scheduler', 'node-schedule', 'croner', 'node-cron'];

export function groups({ quick }) {
  const size = (n, rounds, peers) => ({
    variant: `${n}`,
    params: { n, ticks: quick ? 3 : 10 },
    peers,
    rounds,
    libraryRounds: 1,
    timeLimitS: { library: 25, other: 60 },
  });
  if (quick) return [size(1000, undefined, FAST), size(10_000, undefined, FAST)];
  return [
    size(1000, 2, [...FAST, ...LIBRARIES]),
    size(10_000, 2, [...FAST, ...LIBRARIES]),
    size(100_000, 2, [...FAST, ...LIBRARIES]),
    size(1_000_000, undefined, [...FAST, 'toad-scheduler']),
  ];
}

export const compared = 'cpuNsPerTick';

export const columns = [
  { key: 'ticksShare', label: 'ticks seen / due' },
  { key: 'skipped', label: 'skipped, and counted' },
  { key: 'cpuNsPerTick', label: 'CPU ns per tick' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'mainCpuMs', label: 'of it main thread' },
  { key: 'lateP50', label: 'late p50 ms' },
  { key: 'lateP99', label: 'p99' },
  { key: 'lateMax', label: 'max' },
  { key: 'early', label: 'early' },
];

/** The callback's book: ticks per worker, and the lateness of every eighth worker's ticks. */
function createTickBook(n, ticks) {
  const seen = new Uint8Array(n).fill(0);
  const startMs = new Float64Array(Math.ceil(n / SAMPLE_STRIDE)).fill(0);
  const latenessMs = new Float64Array(startMs.length * ticks).fill(0);
  let recorded = 0;
  let runs = 0;
  const callback = (id) => {
    runs++;
    if (seen[id] === ticks) return;
    const tick = ++seen[id];
    if (id % SAMPLE_STRIDE === 0) {
      const dueMs = startMs[id / SAMPLE_STRIDE] + tick * INTERVAL_MS;
      latenessMs[recorded++] = performance.now() - dueMs;
    }
  };
  return {
    callback,
    startMs,
    runs: () => runs,
    ticksSeen: () => seen.reduce((sum, count) => sum + count, 0),
    lateness: () => latenessFigures(latenessMs.subarray(0, recorded)),
  };
}

/** Where the grid of the wall clock's whole seconds stood before `nowMs`. */
function wholeSecondBefore(nowMs) {
  const epochMs = performance.timeOrigin + nowMs;
  return nowMs - (epochMs % INTERVAL_MS);
}

async function startInSlices(peer, book, n) {
  const perSlice = Math.ceil(n / SLICES);
  const firstMs = performance.now();
  for (let slice = 0; slice < SLICES; slice++) {
    const waitMs = firstMs + slice * (INTERVAL_MS / SLICES) - performance.now();
    if (waitMs > 0.5) await sleep(waitMs);
    for (let id = slice * perSlice; id < Math.min(n, (slice + 1) * perSlice); id++) {
      if (id % SAMPLE_STRIDE === 0) {
        const nowMs = performance.now();
        book.startMs[id / SAMPLE_STRIDE] = peer.wholeSecondGrid ? wholeSecondBefore(nowMs) : nowMs;
      }
      peer.every(INTERVAL_MS, book.callback, id);
    }
  }
}

export async function run(peer, { n, ticks }) {
  const book = createTickBook(n, ticks);
  const start = new CpuReading();
  await startInSlices(peer, book, n);
  await sleep(ticks * INTERVAL_MS + TAIL_MS);
  const { cpuNs, mainCpuNs, wallMs } = new CpuReading().since(start);
  const due = n * ticks;
  const seen = book.ticksSeen();
  // Slots that passed while the process stood still: a peer that counts them has not lost them.
  const skipped = peer.skipped?.() ?? 0;
  return {
    ...book.lateness(),
    ticksDue: due,
    ticksSeen: seen,
    ticksShare: seen / due,
    skipped,
    lost: due - seen - skipped,
    cpuNsPerTick: cpuNs / book.runs(),
    cpuMs: cpuNs / 1e6,
    mainCpuMs: mainCpuNs / 1e6,
    wallS: wallMs / 1000,
  };
}
