/**
 * `BackgroundWorkerPool.newActor(callback, { name, data, delay }).start()` whole, against
 * `setTimeout(callback, delay, data)` and the nearest thing of the scheduler libraries. Names and
 * data are made beforehand.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { createLedger } from '../../measure/ledger.mjs';
import { settledMemory } from '../../measure/memory.mjs';
import { uniformDelays } from '../../measure/random.mjs';
import { allFired } from '../fire-watch.mjs';

export const title = 'Named actors with data: create, start, fire';
const SETTLE_MS = 60;
const WARM_UP_ACTORS = 2000;
const LIBRARY_WARM_UP_ACTORS = 64;
const WARM_UP_MS = 400;
const FAST = ['node-timers', 'backbeat'];
const LIBRARIES = ['toad-scheduler', 'node-schedule', 'croner'];

export function groups({ quick }) {
  const size = (n, leadMs, peers) => ({
    variant: `${n}`,
    params: { n, fromMs: leadMs + 100, toMs: leadMs + (quick ? 1000 : 4000) },
    peers,
    libraryRounds: 2,
    timeLimitS: { library: 25, other: 60 },
  });
  if (quick) return [size(10_000, 300, [...FAST, ...LIBRARIES]), size(100_000, 1000, FAST)];
  return [
    size(10_000, 1000, [...FAST, ...LIBRARIES]),
    size(100_000, 1000, [...FAST, ...LIBRARIES]),
    size(1_000_000, 4000, [...FAST, ...LIBRARIES]),
  ];
}

export const compared = 'startCpuNs';

export const columns = [
  { key: 'startCpuNs', label: 'create + start CPU ns' },
  { key: 'startWallNs', label: 'wall ns' },
  { key: 'totalCpuNs', label: 'with fire CPU ns' },
  { key: 'mainCpuNs', label: 'of it main thread' },
  { key: 'rssBytes', label: 'resident bytes per actor' },
  { key: 'lateP50', label: 'late p50 ms' },
  { key: 'lateP99', label: 'p99' },
  { key: 'early', label: 'early' },
  { key: 'lost', label: 'lost' },
  { key: 'doubled', label: 'doubled' },
];

async function warmUpActors(peer, callback, n) {
  const actors = peer.isLibrary ? LIBRARY_WARM_UP_ACTORS : WARM_UP_ACTORS;
  for (let index = 0; index < actors; index++) {
    peer.actor(callback, `warm-up-${index}`, { id: n + index }, WARM_UP_MS / 2);
  }
  await sleep(WARM_UP_MS);
}

export async function run(peer, { n, fromMs, toMs, seed }) {
  const delaysMs = uniformDelays(seed, n, fromMs, toMs);
  const names = Array.from({ length: n }, (_, id) => ['actor', id].join('-'));
  const data = Array.from({ length: n }, (_, id) => ({ id }));
  const ledger = createLedger(n);
  const { callback: record, expect } = ledger;
  const callback = (entry) => {
    record(entry.id);
  };
  await warmUpActors(peer, callback, n);
  ledger.reset();
  const before = await settledMemory();

  const start = new CpuReading();
  for (let id = 0; id < n; id++) {
    expect(id, delaysMs[id]);
    peer.actor(callback, names[id], data[id], delaysMs[id]);
  }
  const started = new CpuReading();
  const inTime = started.wallMs - start.wallMs + SETTLE_MS < fromMs;
  if (inTime) await sleep(SETTLE_MS);
  const settled = new CpuReading();
  const { rss } = process.memoryUsage();

  let end;
  await allFired(ledger, n, started.wallMs + toMs, () => {
    end = new CpuReading();
  });
  const whole = end.since(start);
  return {
    ...ledger.verdict(),
    ...ledger.lateness(),
    startCpuNs: settled.since(start).cpuNs / n,
    startWallNs: (started.since(start).wallMs * 1e6) / n,
    totalCpuNs: whole.cpuNs / n,
    mainCpuNs: whole.mainCpuNs / n,
    rssBytes: (rss - before.rss) / n,
    insertedInTime: inTime,
  };
}
