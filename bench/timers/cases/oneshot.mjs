/**
 * One-shot timers: insert n, let all fire. One shared callback, the id as its argument. Delays are
 * whole milliseconds, uniform over a window that opens after the insertion is over, so that
 * inserting and firing are measured apart. Memory is what came on top since before the insertion.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { createLedger } from '../../measure/ledger.mjs';
import { peakResidentBytes, settledMemory } from '../../measure/memory.mjs';
import { uniformDelays } from '../../measure/random.mjs';
import { allFired } from '../fire-watch.mjs';
import { warmUpChurn, warmUpFires } from '../warm-up.mjs';

export const title = 'One-shot timers: insert and fire';
/** What is still to be done after the last insert (a thread that drains) counts as inserting. */
const SETTLE_MS = 60;
const FAST = ['node-timers', 'backbeat', 'js-wheel', 'floor'];
const LIBRARIES = ['toad-scheduler', 'node-schedule', 'croner', 'node-cron'];
const DEPTH = ['node-timers', 'backbeat'];

export function groups({ quick }) {
  const size = (n, leadMs, peers, rounds) => ({
    variant: `${n}`,
    params: { n, fromMs: leadMs + 100, toMs: leadMs + (quick ? 1000 : 4000) },
    peers,
    rounds,
    libraryRounds: 2,
    timeLimitS: { library: 20, other: 90 },
  });
  if (quick) return [size(10_000, 0, FAST), size(100_000, 300, FAST)];
  return [
    size(10_000, 0, [...FAST, ...LIBRARIES]),
    size(100_000, 300, [...FAST, ...LIBRARIES]),
    size(1_000_000, 2000, [...FAST, ...LIBRARIES]),
    size(3_000_000, 4500, FAST),
    size(10_000_000, 15_000, DEPTH, 3),
  ];
}

export const cannot = { 'node-cron': 'cron patterns only, nothing that runs once' };

/** The figure that the column "against Node" of the tables compares. */
export const compared = 'totalCpuNs';

export const columns = [
  { key: 'insertCpuNs', label: 'insert CPU ns' },
  { key: 'insertWallNs', label: 'insert wall ns' },
  { key: 'fireCpuNs', label: 'fire CPU ns' },
  { key: 'totalCpuNs', label: 'insert + fire CPU ns' },
  { key: 'mainCpuNs', label: 'of it main thread' },
  { key: 'aboveFloorNs', label: 'above floor ns' },
  { key: 'lateP50', label: 'late p50 ms' },
  { key: 'lateP99', label: 'p99' },
  { key: 'lateMax', label: 'max' },
  { key: 'pendingMb', label: 'MB, all pending' },
  { key: 'peakMb', label: 'MB, peak' },
  { key: 'early', label: 'early' },
  { key: 'lost', label: 'lost' },
  { key: 'doubled', label: 'doubled' },
];

function insertAll(peer, ledger, delaysMs) {
  const { callback, expect } = ledger;
  for (let id = 0; id < delaysMs.length; id++) {
    const delayMs = delaysMs[id];
    expect(id, delayMs);
    peer.insert(delayMs, callback, id);
  }
}

export async function run(peer, { n, fromMs, toMs, seed }) {
  const delaysMs = uniformDelays(seed, n, fromMs, toMs);
  const ledger = createLedger(n);
  peer.prepare?.(delaysMs);
  await warmUpChurn(peer);
  if (peer.runAll === undefined) await warmUpFires(peer, ledger, n);
  const before = await settledMemory();

  const start = new CpuReading();
  insertAll(peer, ledger, delaysMs);
  const inserted = new CpuReading();
  const lastDueMs = inserted.wallMs + toMs;
  const insertedInTime = inserted.wallMs - start.wallMs + SETTLE_MS < fromMs;
  if (insertedInTime) await sleep(SETTLE_MS);
  const settled = new CpuReading();
  const backlog = peer.backlog?.() ?? 0;
  const pendingBytes = process.memoryUsage.rss() - before.rss;

  let end;
  if (peer.runAll !== undefined) {
    await peer.runAll(ledger.callback);
    end = new CpuReading();
  } else {
    await allFired(ledger, n, lastDueMs, () => {
      end = new CpuReading();
    });
  }
  const peakBytes = peakResidentBytes() - before.rss;
  const insert = settled.since(start);
  const whole = end.since(start);
  return {
    ...ledger.verdict(),
    ...(peer.runAll === undefined ? ledger.lateness() : {}),
    insertCpuNs: insert.cpuNs / n,
    insertWallNs: inserted.since(start).wallMs * (1e6 / n),
    insertMainCpuNs: inserted.since(start).mainCpuNs / n,
    fireCpuNs: (whole.cpuNs - insert.cpuNs) / n,
    totalCpuNs: whole.cpuNs / n,
    mainCpuNs: whole.mainCpuNs / n,
    backlog,
    pendingMb: pendingBytes / 1e6,
    peakMb: peakBytes / 1e6,
    insertedInTime,
  };
}
