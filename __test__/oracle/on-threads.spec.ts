// Recorded scenarios of one worker in time, with the runs on native threads and the time on a manual
// clock: the clock starts a run, the test lets the clock pass the recorded time and then the run end.
import test from 'ava';
import {
  type BackgroundWorker,
  BackgroundWorkerPool,
  type ManualClock,
  type WorkerOptions,
} from '../../src/index.ts';
import {
  headlines,
  type LogLine,
  poolOnManualClock,
  recordLog,
} from '../fixtures/pool-on-manual-clock.ts';
import { note, noted, type SharedLedger, sharedLedger } from '../fixtures/shared-ledger.ts';
import { type Scenario, scenario } from './recorded.ts';
import { act, busyUnits, stepsOf } from './replay.ts';

const WATCHED = [
  '001-start-with-delay',
  '001-ontime-busy-half',
  '001-overrun-dismiss',
  '001-overrun-afterrun',
  '001-overrun-afterrun-past',
  '001-always-overrun-dismiss',
  '001-always-overrun-catchup',
  '001-maxcount-zero',
  '001-maxcount-one',
  '001-catchup-maxcount',
];
const STEERED = ['001-double-start-dispose-off', '001-pause-unpause', '001-unpause-immediately'];
const RETRIED = ['001-exception-ignore-retries'];

for (const id of [...WATCHED, ...STEERED, ...RETRIED]) {
  test.serial(`${id}: starts exactly at the ideal instants on threads`, async (t) => {
    const log = recordLog(t);
    const { ideal, observed } = scenario(id);
    const replay = new ThreadReplay(scenario(id), poolOnManualClock(t), log);
    await replay.play();
    t.deepEqual(replay.startsUnits, ideal.startsUnits);
    if (WATCHED.includes(id)) t.is(replay.worker.numberOfRuns, observed.runs);
    if (!STEERED.includes(id)) t.deepEqual(headlines(log), observed.logs);
  });
}

interface RunData {
  readonly ledger: SharedLedger;
  /** Attempts that may end. */
  readonly released: Int32Array;
  readonly outcomes: readonly unknown[];
}

/** One worker whose runs wait on their thread until the replay lets them end. */
class ThreadReplay {
  readonly startsUnits: number[] = [];
  readonly worker: BackgroundWorker<RunData>;
  readonly #recorded: Scenario;
  readonly #clock: ManualClock;
  readonly #log: readonly LogLine[];
  readonly #data: RunData;
  readonly #unitMs: number;

  constructor(recorded: Scenario, clock: ManualClock, log: readonly LogLine[]) {
    const { inputs } = recorded;
    this.#recorded = recorded;
    this.#clock = clock;
    this.#log = log;
    this.#unitMs = inputs.unitSeconds * 1000;
    this.#data = {
      ledger: sharedLedger(),
      released: new Int32Array(new SharedArrayBuffer(4)),
      outcomes: inputs.callbackOutcomes ?? [],
    };
    const { intervalUnits, ...rest } = inputs.worker;
    const options: WorkerOptions<RunData> & { readonly thread: true } = {
      ...rest,
      thread: true,
      data: this.#data,
      name: 'w',
    };
    this.worker = BackgroundWorkerPool.newWorker(intervalUnits * inputs.unitSeconds, cb, options);
  }

  async play(): Promise<void> {
    for (const { action, atUnits } of stepsOf(this.#recorded)) {
      await this.#runUntil(atUnits * this.#unitMs);
      act({ worker: this.worker }, action);
    }
  }

  /** Runs what is due before an instant; a step comes before what is due with it. */
  async #runUntil(untilMs: number): Promise<void> {
    for (;;) {
      const dueMs = this.#dueMs();
      if (dueMs === undefined || dueMs >= Math.max(untilMs, this.#clock.now())) break;
      this.#clock.advanceTo(Math.max(dueMs, this.#clock.now()));
      await this.#runOne();
    }
    this.#clock.advanceTo(Math.max(this.#clock.now(), untilMs), { exclusive: true });
  }

  /** When the next attempt is due; a failed run is tried again at once. */
  #dueMs(): number | undefined {
    const { executing, nextRunTime } = this.worker;
    if (executing) return this.#clock.now() - 1;
    if (nextRunTime === undefined) return undefined;
    return Number((nextRunTime * 1000 - this.#clock.wallNow() + this.#clock.now()).toFixed(3));
  }

  async #runOne(): Promise<void> {
    const attempt = this.startsUnits.length;
    const errors = this.#log.length;
    await noted(this.#data.ledger, attempt + 1);
    this.startsUnits.push(Number((this.#clock.now() / this.#unitMs).toFixed(6)));
    const busy = busyUnits(this.#recorded.inputs.callbackBusyUnits, attempt);
    this.#clock.elapse(busy * this.#unitMs);
    Atomics.store(this.#data.released, 0, attempt + 1);
    Atomics.notify(this.#data.released, 0);
    while (this.worker.executing && this.#log.length === errors) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function cb({ ledger, released, outcomes }: RunData): boolean {
  const attempt = Atomics.load(ledger.count, 0);
  note(ledger, attempt);
  while (Atomics.load(released, 0) <= attempt) Atomics.wait(released, 0, attempt);
  if (outcomes[attempt] === 'raise') throw new Error(`boom${attempt}`);
  return true;
}
