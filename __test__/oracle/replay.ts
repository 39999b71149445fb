/** Runs a recorded scenario of one worker from its own inputs. */
import {
  type BackgroundWorker,
  BackgroundWorkerPool,
  type ManualClock,
  type WorkerOptions,
} from '../../src/index.ts';
import type { Scenario } from './recorded.ts';

/** What our worker did, in the terms of the recording. */
export interface Replay {
  startsUnits: number[];
  readonly worker: BackgroundWorker<undefined>;
  maxConcurrent: number;
  runningBeforeStop: boolean;
  inPoolAfter: boolean;
}

/** An action at an instant, in units. */
interface Step {
  readonly action: string;
  readonly atUnits: number;
}

/** Lets time pass inside a callback. */
type Busy = (ms: number) => void;

/** Replays on a manual clock: all times are exact. */
export function replayExactly(scenario: Scenario, clock: ManualClock): Replay {
  const unitMs = unitOf(scenario);
  const replay = makeWorker(scenario, {
    unitsNow: () => clock.now() / unitMs,
    busy: (ms) => clock.elapse(ms),
  });
  for (const { action, atUnits } of stepsOf(scenario)) {
    // A step comes before what is due at the same instant.
    clock.advanceTo(Math.max(clock.now(), atUnits * unitMs), { exclusive: true });
    actAndLook(replay, action);
  }
  replay.startsUnits = replay.startsUnits.map((units) => Number(units.toFixed(6)));
  return replay;
}

/** Replays in real time, with callbacks that keep the loop busy for the recorded time. */
export async function replayInRealTime(scenario: Scenario): Promise<Replay> {
  const unitMs = unitOf(scenario);
  const beginMs = performance.now();
  const replay = makeWorker(scenario, {
    unitsNow: () => (performance.now() - beginMs) / unitMs,
    busy: keepBusy,
  });
  for (const { action, atUnits } of stepsOf(scenario)) {
    const waitMs = beginMs + atUnits * unitMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    actAndLook(replay, action);
  }
  return replay;
}

function unitOf({ inputs }: Scenario): number {
  return inputs.unitSeconds * 1000;
}

function makeWorker(
  { inputs }: Scenario,
  time: { readonly unitsNow: () => number; readonly busy: Busy },
): Replay {
  const { intervalUnits, ...options } = inputs.worker as WorkerOptions<undefined> & {
    readonly intervalUnits: number;
  };
  let executing = 0;
  const cb = (): unknown => {
    replay.maxConcurrent = Math.max(replay.maxConcurrent, ++executing);
    const attempt = replay.startsUnits.push(time.unitsNow()) - 1;
    time.busy(busyUnits(inputs.callbackBusyUnits, attempt) * inputs.unitSeconds * 1000);
    executing--;
    if (inputs.callbackOutcomes?.[attempt] === 'raise') throw new Error(`boom${attempt}`);
    return true;
  };
  const intervalSeconds = intervalUnits * inputs.unitSeconds;
  const worker = BackgroundWorkerPool.newWorker(intervalSeconds, cb, { ...options, name: 'w' });
  const replay: Replay = {
    startsUnits: [],
    worker,
    maxConcurrent: 0,
    runningBeforeStop: false,
    inPoolAfter: true,
  };
  return replay;
}

/** Recorded as a list per run, as one number for all, or as "always 0.5". */
export function busyUnits(recorded: unknown, run: number): number {
  if (Array.isArray(recorded)) return recorded[run] ?? 0;
  if (typeof recorded === 'string') return Number(recorded.replace('always ', ''));
  return typeof recorded === 'number' ? recorded : 0;
}

/** The recorded steps; without any, the worker is started and left alone for ten units. */
export function stepsOf({ inputs }: Scenario): Step[] {
  const texts: string[] = inputs.steps ?? ['start at 0', 'observe for 10 units', 'stop'];
  let atUnits = 0;
  return texts.flatMap((text) => {
    const timed = /^(start|stop|pause|unpause(?:\(immediately\))?)(?: at)?(?: ([\d.]+))?$/.exec(
      text,
    );
    const observed = /^observe .*for ([\d.]+) units$/.exec(text);
    if (observed !== null) {
      atUnits = Number(observed[1]);
      return [{ action: 'observe', atUnits }];
    }
    if (timed === null) return [];
    atUnits = timed[2] === undefined ? atUnits : Number(timed[2]);
    return [{ action: timed[1] ?? '', atUnits }];
  });
}

function actAndLook(replay: Replay, action: string): void {
  if (action === 'stop') replay.runningBeforeStop = replay.worker.running;
  act(replay, action);
  if (action === 'stop') {
    replay.inPoolAfter = BackgroundWorkerPool.backgroundWorkers.has(replay.worker.id);
  }
}

/** Does what a step says. */
export function act<D>({ worker }: { readonly worker: BackgroundWorker<D> }, action: string): void {
  if (action === 'start') worker.start();
  else if (action === 'pause') worker.pause();
  else if (action === 'unpause') worker.unpause();
  else if (action === 'unpause(immediately)') worker.unpause(true);
  else if (action === 'stop') worker.stop();
}

function keepBusy(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
