import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { LatenessRecorder } from '../lateness.ts';
import { siblingModule } from '../sibling-module.ts';
import { type Counter, CounterRow } from './ledger.ts';
import type { IsolateOrder, MeasurementOrder, RunResult, StressSample } from './measurement.ts';
import { splitPlan } from './plan.ts';
import { type ShareResult, StressShare } from './share.ts';

const SAMPLE_INTERVAL_MS = 100;

/** Runs all shares of a plan in this process and adds up what they came to. */
export async function measureRun(
  order: MeasurementOrder,
  onSample: (sample: StressSample) => void,
): Promise<RunResult> {
  const { plan, timers } = order;
  const buffer = new SharedArrayBuffer(plan.isolates * CounterRow.byteLength);
  const rows = Array.from(
    { length: plan.isolates },
    (_, isolate) => new CounterRow(buffer, isolate),
  );
  const shares = splitPlan(plan).map(
    (share, isolate): IsolateOrder => ({ timers, plan: share, isolate, counters: buffer }),
  );
  const start = plan.isolates === 1 ? await prepareHere(shares) : await prepareThreads(shares);

  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const takeSample = (): void => onSample(sampleOf(rows, performance.now() - startedMs));
  const sampler = setInterval(takeSample, SAMPLE_INTERVAL_MS);
  const results = await start();
  clearInterval(sampler);
  const cpu = process.cpuUsage(cpuBefore);
  takeSample();
  return sumUp(rows, results, (cpu.user + cpu.system) * 1000);
}

type Start = () => Promise<ShareResult[]>;

async function prepareHere(shares: readonly IsolateOrder[]): Promise<Start> {
  const prepared = await Promise.all(
    shares.map((share) =>
      StressShare.prepare(share.timers, share.plan, new CounterRow(share.counters, share.isolate)),
    ),
  );
  return () => Promise.all(prepared.map((share) => share.run()));
}

async function prepareThreads(shares: readonly IsolateOrder[]): Promise<Start> {
  const threads = shares.map(
    (share) => new Worker(siblingModule(import.meta.url, 'isolate'), { workerData: share }),
  );
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  return () =>
    Promise.all(
      threads.map(async (thread) => {
        thread.postMessage('start');
        const [result] = await once(thread, 'message');
        return result as ShareResult;
      }),
    );
}

function sampleOf(rows: readonly CounterRow[], atMs: number): StressSample {
  return {
    atMs,
    armed: total(rows, 'armed'),
    finished: total(rows, 'finished'),
    fired: total(rows, 'fired'),
  };
}

function sumUp(
  rows: readonly CounterRow[],
  results: readonly ShareResult[],
  cpuNs: number,
): RunResult {
  const lateness = new LatenessRecorder();
  for (const result of results) lateness.merge(result.lateness);
  const armed = total(rows, 'armed');
  return {
    armed,
    fired: total(rows, 'fired'),
    lost: results.reduce((sum, result) => sum + result.lost, 0),
    doubled: total(rows, 'doubled'),
    early: total(rows, 'early'),
    missed: total(rows, 'missed'),
    longestPauseMs: Math.max(...rows.map((row) => row.get('longestPauseMs'))),
    latenessMs: lateness.summary(),
    latenessBins: lateness.bins(),
    cpuNsPerActor: Math.round(cpuNs / armed),
  };
}

function total(rows: readonly CounterRow[], counter: Counter): number {
  return rows.reduce((sum, row) => sum + row.get(counter), 0);
}
