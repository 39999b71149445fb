// The event loop is busy: what runs on threads starts all the same, and what is asked here is right.
import test from 'ava';
import { type BackgroundWorker, BackgroundWorkerPool } from '../src/index.ts';
import { poolInRealTime } from './fixtures/pool-on-manual-clock.ts';
import {
  blockLoop,
  entriesOf,
  note,
  noted,
  type SharedLedger,
  sharedLedger,
} from './fixtures/shared-ledger.ts';

const thread = true;
const BLOCK_MS = 1000;

test.before(() => BackgroundWorkerPool.setThreads({ maxThreads: 4 }));

/** Two threads are up, so that nothing has to be started while the loop is blocked. */
async function warmThreads(): Promise<void> {
  const here = new Int32Array(new SharedArrayBuffer(4));
  const meet = (count: Int32Array): void => {
    Atomics.add(count, 0, 1);
    Atomics.notify(count, 0);
    while (Atomics.load(count, 0) < 2) Atomics.wait(count, 0, 1);
  };
  const jobs = [1, 2].map(() => BackgroundWorkerPool.runJob(meet, { args: [here] }));
  await Promise.all(jobs.map(({ result }) => result));
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

test.serial('recurring workers run slot after slot while the loop is blocked', async (t) => {
  poolInRealTime(t);
  await warmThreads();
  const ledgers = Array.from({ length: 5 }, () => sharedLedger());
  // Slots that a busy machine makes late are run all the same, so each can be counted.
  const options = { thread, runPastEvents: true } as const;
  const beginMs = nowMs();
  const workers = ledgers.map((data) =>
    BackgroundWorkerPool.newWorker(0.02, (ledger) => note(ledger, 0), { ...options, data }).start(),
  );
  blockLoop(BLOCK_MS);
  const endMs = nowMs();
  for (const worker of workers) worker.stop();
  for (const ledger of ledgers) {
    const starts = entriesOf(ledger).map(({ startMs }) => startMs);
    const inBlock = starts.filter((startMs) => startMs < endMs);
    t.true(inBlock.length >= (0.9 * BLOCK_MS) / 20, `${inBlock.length} runs`);
    for (const [run, startMs] of starts.entries()) {
      // The two clocks are compared across isolates, whose origins are a few microseconds apart.
      t.true(startMs - (beginMs + 20 * run) > -0.5, `run ${run} is early`);
    }
  }
});

test.serial('actors are started while the loop is blocked, none early', async (t) => {
  poolInRealTime(t);
  await warmThreads();
  const ledger = sharedLedger();
  const dueMs: number[] = [];
  const callback = (data: SharedLedger, worker: { name: string | undefined }): void =>
    note(data, Number(worker.name));
  for (let actor = 0; actor < 200; actor++) {
    const delay = (actor % 40) * 0.02;
    const options = { thread, delay, data: ledger, name: String(actor) } as const;
    dueMs.push(nowMs() + delay * 1000);
    BackgroundWorkerPool.newActor(callback, options).start();
  }
  blockLoop(BLOCK_MS);
  const endMs = nowMs();
  const entries = entriesOf(ledger);
  t.is(new Set(entries.map(({ mark }) => mark)).size, 200);
  for (const { startMs, mark } of entries) {
    t.true(startMs < endMs && startMs > (dueMs[mark] as number) - 0.5, `actor ${mark}`);
  }
});

test.serial('runs, state and next run are right although the loop was blocked', async (t) => {
  poolInRealTime(t);
  await warmThreads();
  const ledger = sharedLedger();
  const three = BackgroundWorkerPool.newWorker(0.01, (data) => note(data, 3), {
    thread,
    data: ledger,
    maxCount: 3,
  }).start();
  const long = BackgroundWorkerPool.newActor(
    (data) => {
      note(data, 1);
      Atomics.wait(data.marks, 1000, 0);
    },
    { thread, data: ledger, delay: 0.01 },
  ).start();
  blockLoop(300);
  const states = [three, long].map((it) => [it.numberOfRuns, it.running, it.executing]);
  const { nextRunTime } = three;
  // Let go before anything is asserted, or a failure would leave the thread waiting.
  Atomics.store(ledger.marks, 1000, 1);
  Atomics.notify(ledger.marks, 1000);
  while (long.running) blockLoop(1);
  t.deepEqual(states, [
    [3, false, false],
    [1, true, true],
  ]);
  t.is(nextRunTime, undefined);
  t.is(long.numberOfRuns, 1);
});

test.serial('once stop has returned, no run starts', async (t) => {
  poolInRealTime(t);
  await warmThreads();
  const ledger = sharedLedger();
  const workers: BackgroundWorker<SharedLedger>[] = [];
  const callback = (data: SharedLedger, worker: { id: number }): void => note(data, worker.id);
  for (let round = 0; round < 60; round++) {
    const options = { thread, data: ledger, runOnTime: false } as const;
    workers.push(BackgroundWorkerPool.newWorker(0.0005, callback, options).start());
  }
  await noted(ledger, 500);
  const runsAtStop = new Map<number, number>();
  for (const worker of workers) {
    worker.stop();
    runsAtStop.set(worker.id, worker.numberOfRuns);
  }
  // Runs that had begun may take their time to make their note.
  const begun = [...runsAtStop.values()].reduce((sum, count) => sum + count, 0);
  const untilMs = performance.now() + 20_000;
  while (Atomics.load(ledger.count, 0) < begun && performance.now() < untilMs) blockLoop(1);
  blockLoop(20);
  const runs = new Map<number, number>();
  for (const { mark } of entriesOf(ledger)) runs.set(mark, (runs.get(mark) ?? 0) + 1);
  for (const { id } of workers) t.is(runs.get(id) ?? 0, runsAtStop.get(id) ?? 0);
});

test.serial('what waits behind a long run is not started after its stop', async (t) => {
  poolInRealTime(t);
  await warmThreads();
  const ledger = sharedLedger();
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const hold = (data: { gate: Int32Array; ledger: SharedLedger }): void => {
    note(data.ledger, 1);
    Atomics.wait(data.gate, 0, 0);
  };
  const options = { thread, data: { gate, ledger } } as const;
  // More than there are threads: some wait.
  const holders = Array.from({ length: 12 }, () => BackgroundWorkerPool.newActor(hold, options));
  for (const holder of holders) holder.start();
  await noted(ledger, 1);
  const waiting = BackgroundWorkerPool.newActor((data) => note(data, 2), { thread, data: ledger });
  waiting.start();
  for (const worker of [...holders, waiting]) worker.stop();
  const started = holders.reduce((sum, { numberOfRuns }) => sum + numberOfRuns, 0);
  t.is(waiting.numberOfRuns, 0);
  // A run counts from its claim; what it notes comes a moment later.
  await noted(ledger, started);
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  await BackgroundWorkerPool.runJob(() => 1).result;
  t.is(Atomics.load(ledger.count, 0), started);
});
