/**
 * Runs on the event loop of the isolate that made the worker.
 *
 * - A worker on its grid that skips missed slots, the usual kind, is one recurring actor of the
 *   core: armed once, put back into the queue there, and told by `endTick` when a run is over.
 * - All others (actors, intervals after the end, catch-up) are armed anew for each run.
 *
 * A worker has at most one armed slot and never overlaps itself. What is asked for during a run
 * takes effect when the run ends; for an asynchronous callback that is when its promise settles.
 */
import type { BackgroundWorker } from './background-worker.ts';
import type { IsolateTimers } from './isolate-timers.ts';
import { poolContext } from './pool-context.ts';
import { nameOfFunction } from './pool-log.ts';
import { retryDelayNs } from './retry-delay.ts';
import { isThenable } from './thenable.ts';
import type { TimerEngine } from './timer-engine.ts';
import { META_OWNER_ENDS_TICK, META_UNREF, META_WALL } from './timer-host.ts';
import { NO_SLOT } from './worker-extras.ts';
import { finish, invoke } from './worker-finish.ts';
import {
  EXECUTING,
  FINISH_AFTER_RUN,
  IGNORE_EXCEPTION,
  ON_GRID,
  ONCE,
  PAUSED,
  RUN_PAST_EVENTS,
  UNREF,
} from './worker-flags.ts';
import type { WorkerCallback } from './worker-options.ts';
import {
  firstDeadlineNs,
  firstDelayNs,
  gridIntervalNs,
  nextDeadlineNs,
} from './worker-recurrence.ts';
import type { WorkerRuns } from './worker-runs.ts';

const runs: WorkerRuns = {
  prepare: () => undefined,
  start,
  begin,
  move,
  pause,
  stop,
  setRef,
  deadlineNs,
};

/** The engine that was told how to touch workers. */
let touching: TimerEngine | undefined;

/** See the head of the file. */
export function isolateRuns(): WorkerRuns {
  return runs;
}

function start<D>(worker: BackgroundWorker<D>): void {
  const isAtInstant = worker.extras?.atEpochMs !== undefined;
  if (worker.hasFlag(ONCE) && !isAtInstant && !worker.hasFlag(EXECUTING)) armActor(worker);
  else begin(worker, firstDeadlineNs(worker));
}

function begin<D>(worker: BackgroundWorker<D>, beginNs: number): void {
  if (worker.hasFlag(EXECUTING)) worker.writableExtras().resumeNs = beginNs;
  else {
    disarm(worker);
    arm(worker, beginNs);
  }
}

function move<D>(worker: BackgroundWorker<D>, beginNs: number, isSameInterval: boolean): void {
  const { extras } = worker;
  const isArmed = worker.armedSlot !== NO_SLOT && !worker.hasFlag(EXECUTING);
  const isPlainActor = extras?.atEpochMs === undefined && !worker.hasFlag(ON_GRID);
  if (isArmed && (isPlainActor || (isSameInterval && worker.hasFlag(ON_GRID)))) {
    poolContext.timers.rearm(worker.armedSlot, Math.ceil(beginNs));
    if (extras !== undefined) extras.gridNs = beginNs;
  } else begin(worker, beginNs);
}

function pause<D>(worker: BackgroundWorker<D>): void {
  if (!worker.hasFlag(EXECUTING)) disarm(worker);
}

function disarm<D>(worker: BackgroundWorker<D>): void {
  if (worker.armedSlot === NO_SLOT) return;
  poolContext.timers.cancel(worker.armedSlot);
  worker.armedSlot = NO_SLOT;
  worker.stateFlags &= ~ON_GRID;
}

function stop<D>(worker: BackgroundWorker<D>): void {
  disarm(worker);
  if (!worker.hasFlag(EXECUTING)) finish(worker);
  else {
    worker.stateFlags |= FINISH_AFTER_RUN;
    if (dropRetry(worker)) endRun(worker, undefined);
  }
}

function setRef<D>(worker: BackgroundWorker<D>, isRef: boolean): void {
  const { armedSlot, extras } = worker;
  if (armedSlot !== NO_SLOT) poolContext.timers.setRef(armedSlot, isRef);
  const retrySlot = extras?.retrySlot ?? NO_SLOT;
  if (retrySlot !== NO_SLOT) poolContext.timers.setRef(retrySlot, isRef);
}

function deadlineNs<D>(worker: BackgroundWorker<D>): number | undefined {
  if (worker.armedSlot === NO_SLOT || worker.hasFlag(EXECUTING)) return undefined;
  return poolContext.timers.deadlineNs(worker.armedSlot);
}

/** The usual actor: nothing but a delay, whose instant may be taken together with others'. */
function armActor<D>(worker: BackgroundWorker<D>): void {
  worker.armedSlot = timersOfRuns().armAfter(firstDelayNs(worker), run, worker, refFlag(worker));
}

function arm<D>(worker: BackgroundWorker<D>, runNs: number): void {
  const timers = timersOfRuns();
  const intervalNs = gridIntervalNs(worker);
  if (intervalNs > 0) {
    worker.stateFlags |= ON_GRID;
    const flags = META_OWNER_ENDS_TICK | refFlag(worker);
    worker.armedSlot = timers.armRecurring(Math.ceil(runNs), intervalNs, run, worker, flags);
    return;
  }
  const { extras } = worker;
  const wallFlag = extras?.atEpochMs === undefined ? 0 : META_WALL;
  if (extras !== undefined) extras.gridNs = runNs;
  else if (worker.hasFlag(RUN_PAST_EVENTS)) worker.writableExtras().gridNs = runNs;
  worker.armedSlot = timers.arm(runNs, run, worker, refFlag(worker) | wallFlag);
}

/** The timers, which know how to touch a worker that comes soon. */
function timersOfRuns<D>(): IsolateTimers {
  const { engine } = poolContext;
  if (engine !== touching) {
    touching = engine;
    engine.touchArgsOf<BackgroundWorker<D>>(
      run,
      (worker) => worker.touch() + poolContext.registry.touch(worker.id),
    );
  }
  return engine.timers();
}

/** One function for all workers: an actor needs no closure of its own. */
function run<D>(worker: BackgroundWorker<D>): void {
  if (!worker.hasFlag(ON_GRID)) worker.armedSlot = NO_SLOT;
  worker.stateFlags |= EXECUTING;
  worker.numberOfRuns++;
  attempt(worker);
}

function attempt<D>(worker: BackgroundWorker<D>): void {
  try {
    const result = invoke(worker, worker.callback as WorkerCallback<D>);
    if (isThenable(result)) {
      // By way of a promise: a foreign thenable may settle twice, a run ends once.
      Promise.resolve(result).then(
        (value) => endRun(worker, value),
        (reason) => endFailedRun(worker, reason),
      );
    } else endRun(worker, result);
  } catch (error) {
    endFailedRun(worker, error);
  }
}

function endFailedRun<D>(worker: BackgroundWorker<D>, error: unknown): void {
  poolContext.log.failed(
    worker.name,
    `callback ${nameOfFunction(worker.callback as WorkerCallback<D>)}`,
    error,
  );
  const mayRetry = worker.hasFlag(IGNORE_EXCEPTION) && !worker.hasFlag(FINISH_AFTER_RUN);
  if (mayRetry) armRetry(worker);
  else endRun(worker, undefined);
}

/** The same run again, by way of the loop, so that a callback that always fails blocks nobody. */
function armRetry<D>(worker: BackgroundWorker<D>): void {
  const { timers, engine } = poolContext;
  const extras = worker.writableExtras();
  const retryNs = engine.nowNs() + retryDelayNs(extras.retries++);
  extras.retrySlot = timers.arm(retryNs, retry, worker, refFlag(worker));
}

function retry<D>(worker: BackgroundWorker<D>): void {
  worker.writableExtras().retrySlot = NO_SLOT;
  attempt(worker);
}

/** Takes the next attempt out; false when none was waiting. */
function dropRetry<D>(worker: BackgroundWorker<D>): boolean {
  const { extras } = worker;
  if (extras === undefined || extras.retrySlot === NO_SLOT) return false;
  poolContext.timers.cancel(extras.retrySlot);
  extras.retrySlot = NO_SLOT;
  return true;
}

function endRun<D>(worker: BackgroundWorker<D>, result: unknown): void {
  worker.stateFlags &= ~EXECUTING;
  if (worker.extras !== undefined) worker.extras.retries = 0;
  if (worker.hasFlag(FINISH_AFTER_RUN)) {
    worker.stateFlags &= ~FINISH_AFTER_RUN;
    finish(worker);
    // What was asked for since the stop, be it by `finished`, stands.
    resume(worker);
    return;
  }
  const { maxCount } = worker;
  if (result === false || (maxCount > 0 && worker.numberOfRuns >= maxCount)) {
    if (result === false) poolContext.log.worker('Callback ended', worker);
    worker.stop();
  } else if (worker.hasFlag(PAUSED)) disarm(worker);
  else if (!resume(worker)) armNext(worker);
}

/** Starts the grid that was asked for during the run; false when none was. */
function resume<D>(worker: BackgroundWorker<D>): boolean {
  const { extras } = worker;
  if (extras?.resumeNs === undefined) return false;
  const { resumeNs } = extras;
  extras.resumeNs = undefined;
  begin(worker, resumeNs);
  return true;
}

function armNext<D>(worker: BackgroundWorker<D>): void {
  if (worker.hasFlag(ON_GRID)) poolContext.timers.endTick(worker.armedSlot);
  else arm(worker, nextDeadlineNs(worker));
}

function refFlag<D>(worker: BackgroundWorker<D>): number {
  return worker.hasFlag(UNREF) ? META_UNREF : 0;
}
