import { fork } from 'node:child_process';
import { totalmem } from 'node:os';
import type { Progress } from '../progress.ts';
import { siblingModule } from '../sibling-module.ts';
import type {
  MeasurementMessage,
  MeasurementOrder,
  RunResult,
  StressSample,
} from './measurement.ts';
import type { StressPlan } from './plan.ts';
import type { TimerKind } from './timers.ts';

/** All that was measured of one kind of timers. */
export interface StressOutcome extends RunResult {
  readonly bytesPerActor: number;
  /** About ten a second, from the first arming to the last run. */
  readonly samples: readonly StressSample[];
}

/** Weighs and then runs a plan on one kind of timers, each in a fresh process. */
export async function stress(
  timers: TimerKind,
  plan: StressPlan,
  progress: Progress,
): Promise<StressOutcome> {
  const prefix = timers === 'node' ? 'setTimeout: ' : '';
  progress.stage(`${prefix}weighing actors`, plan.actors);
  const memory = await measure({ measure: 'memory', timers, plan }, () => {});
  if (memory.type !== 'memory') throw unexpected(memory);
  progress.update(plan.actors);

  const samples: StressSample[] = [];
  const stages = new StressStages(prefix, plan, progress);
  const run = await measure({ measure: 'run', timers, plan }, (sample) => {
    samples.push(sample);
    stages.follow(sample);
  });
  if (run.type !== 'run') throw unexpected(run);
  progress.end();
  return { ...run.result, bytesPerActor: memory.bytesPerActor, samples };
}

/** From here on the heap that Node allows by itself may be too small for the actors. */
const GREAT_MANY_ACTORS = 5_000_000;

/** Starts a measuring process and waits for its answer. */
function measure(
  order: MeasurementOrder,
  onSample: (sample: StressSample) => void,
): Promise<MeasurementMessage> {
  const heapMegabytes = Math.floor((totalmem() * 0.75) / 2 ** 20);
  const heap =
    order.plan.actors > GREAT_MANY_ACTORS ? [`--max-old-space-size=${heapMegabytes}`] : [];
  const child = fork(siblingModule(import.meta.url, 'process'), {
    execArgv: [...process.execArgv, ...heap],
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  return new Promise<MeasurementMessage>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('exit', kill);
      reject(new Error(`the measuring process ended early (${signal ?? `exit code ${code}`})`));
    });
    child.on('message', (message: MeasurementMessage) => {
      if (message.type === 'sample') onSample(message.sample);
      else if (message.type === 'failed') reject(new Error(message.message));
      else resolve(message);
    });
    child.send(order);
  });
}

function unexpected(message: MeasurementMessage): Error {
  return new Error(`the measuring process answered with "${message.type}"`);
}

/** Turns samples into the stages arming, running and draining. */
class StressStages {
  readonly #prefix: string;
  readonly #plan: StressPlan;
  readonly #progress: Progress;
  #armedAtMs: number | undefined;
  #isDraining = false;

  constructor(prefix: string, plan: StressPlan, progress: Progress) {
    this.#prefix = prefix;
    this.#plan = plan;
    this.#progress = progress;
    progress.stage(`${prefix}arming`, plan.actors);
  }

  follow(sample: StressSample): void {
    if (this.#armedAtMs === undefined) this.#followArming(sample);
    else this.#followRunning(sample, this.#armedAtMs);
  }

  #followArming(sample: StressSample): void {
    this.#progress.update(sample.armed);
    if (sample.armed < this.#plan.actors) return;
    this.#armedAtMs = sample.atMs;
    this.#progress.stage(`${this.#prefix}running`, this.#plan.actors);
  }

  #followRunning(sample: StressSample, armedAtMs: number): void {
    this.#progress.update(sample.finished);
    if (this.#isDraining || sample.atMs < armedAtMs + this.#plan.runMs) return;
    this.#isDraining = true;
    this.#progress.stage(`${this.#prefix}draining`, this.#plan.actors);
    this.#progress.update(sample.finished);
  }
}
