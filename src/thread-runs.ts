/**
 * Runs on native threads. The core keeps the time and gives the runs to threads by itself; this side
 * starts and stops, and is told of failures and of the end.
 *
 * On a manual clock this side keeps the time: it arms the next attempt on the clock and tells the
 * core when it is due and when a run is over.
 */
import { forgetAbort } from './abort-group.ts';
import type { BackgroundWorker } from './background-worker.ts';
import { ThreadLostError } from './errors.ts';
import { takeCallSite } from './lane/call-site.ts';
import { decodeError } from './lane/error-codec.ts';
import { type LaneClient, laneClient } from './lane/lane-client.ts';
import {
  ACTIVE,
  IGNORES_EXCEPTIONS,
  IS_TIMED_BY_OWNER,
  NO_HANDLE,
  NO_THREAD,
  RUNS_ON_TIME,
  RUNS_PAST_EVENTS,
  STATUS_RUN_FAILED,
  STATUS_RUN_LOST,
  STATUS_RUN_OVER,
  STATUS_WORKER_FINISHED,
  STAYS_HOME,
  type TimedNotice,
} from './lane/timed-desk.ts';
import { poolContext } from './pool-context.ts';
import { encodeArguments, forgetLessons, staysHome, useDefinition } from './thread-arguments.ts';
import type { ThreadPlace } from './thread-place.ts';
import { followWallClock, forgetWallClock } from './thread-wall.ts';
import { META_UNREF } from './timer-host.ts';
import { NO_SLOT } from './worker-extras.ts';
import { finish } from './worker-finish.ts';
import {
  EXECUTING,
  IGNORE_EXCEPTION,
  PAUSED,
  RUN_ON_TIME,
  RUN_PAST_EVENTS,
  RUNNING,
  UNREF,
} from './worker-flags.ts';
import { firstDeadlineNs } from './worker-recurrence.ts';
import type { WorkerRuns } from './worker-runs.ts';

const runs: WorkerRuns = {
  prepare,
  start,
  begin,
  move,
  pause,
  stop,
  setRef,
  deadlineNs,
};

/** See the head of the file. */
export function threadRuns(): WorkerRuns {
  return runs;
}

type Worker = BackgroundWorker<never>;

/** Flags of the notice of a finished worker: its last run returned `false`. */
const RETURNED_FALSE = 2;
/** Answers of the native side to a stop. */
const STOPPED_NOW = 1;

/** With fewer threads, the core is asked whether one should be started; see `roster.rs`. */
const THREADS = 2;

/** Workers that are finished and still known to the core. */
const finished = new Set<Worker>();

/** Whatever cannot go to a thread is refused before anything has changed. */
function prepare<D>(worker: BackgroundWorker<D>, args: readonly unknown[]): void {
  const place = placeOf(worker);
  clientOfTimed().warm();
  place.callSite = takeCallSite(worker.start);
  place.carryAgain(worker.callback);
  place.encoded = encodeArguments(worker, place, worker.data, args);
}

/** Sends new data for the next run. */
export function sendData<D>(worker: BackgroundWorker<D>, data: D): void {
  const place = placeOf(worker);
  if (!place.isLive) return;
  const encoded = encodeArguments(worker, place, data, worker.args);
  laneClient().native.setTimedArguments(place.handle, encoded, staysHome(place));
}

function start<D>(worker: BackgroundWorker<D>): void {
  const place = placeOf(worker);
  const client = clientOfTimed();
  const encoded = place.encoded as Uint8Array;
  place.encoded = undefined;
  const definition = client.definitions.numberOf(place.task);
  useDefinition(client, place, definition);
  place.handle = client.native.startTimed(
    place.handle,
    definition,
    startFlags(worker, place),
    worker.maxCount,
    intervalNs(worker),
    firstDeadlineNs(worker),
    encoded,
  );
  client.timed.add(place.handle, worker as unknown as Worker);
  if (client.lanes.all < THREADS) client.kick();
  if (worker.extras?.atEpochMs !== undefined) followWallClock(worker, begin);
  settle(worker, place, true);
}

function startFlags<D>(worker: BackgroundWorker<D>, place: ThreadPlace): number {
  return (
    (worker.hasFlag(RUN_ON_TIME) ? RUNS_ON_TIME : 0) |
    (worker.hasFlag(RUN_PAST_EVENTS) ? RUNS_PAST_EVENTS : 0) |
    (worker.hasFlag(IGNORE_EXCEPTION) ? IGNORES_EXCEPTIONS : 0) |
    (staysHome(place) ? STAYS_HOME : 0) |
    (poolContext.engine.clock === undefined ? 0 : IS_TIMED_BY_OWNER)
  );
}

function begin<D>(worker: BackgroundWorker<D>, beginNs: number): void {
  const place = placeOf(worker);
  laneClient().native.resumeTimed(place.handle, beginNs);
  settle(worker, place);
}

function move<D>(worker: BackgroundWorker<D>, beginNs: number): void {
  const place = placeOf(worker);
  laneClient().native.restartTimed(place.handle, intervalNs(worker), beginNs);
  settle(worker, place);
}

function pause<D>(worker: BackgroundWorker<D>): void {
  const place = placeOf(worker);
  laneClient().native.pauseTimed(place.handle);
  settle(worker, place);
}

function stop<D>(worker: BackgroundWorker<D>): void {
  const place = placeOf(worker);
  const answer = laneClient().native.stopTimed(place.handle);
  // The end of an earlier start may still be on the way, with its stop logged.
  if (answer !== STOPPED_NOW) place.isStopLogged = true;
  settle(worker, place, answer !== STOPPED_NOW);
  if (answer === STOPPED_NOW) end(worker);
}

function setRef<D>(worker: BackgroundWorker<D>): void {
  const place = placeOf(worker);
  if (place.isLive) settle(worker, place);
}

function deadlineNs<D>(worker: BackgroundWorker<D>): number | undefined {
  const place = placeOf(worker);
  if (!place.isLive) return undefined;
  const deadlineNs = laneClient().native.timedDeadlineNs(place.handle);
  return deadlineNs < 0 ? undefined : deadlineNs;
}

/** What the core tells. */
function heed(worker: Worker, { kind, flags, error }: TimedNotice, handle: number): void {
  const place = placeOf(worker);
  if (kind !== NO_THREAD && handle !== place.handle) return;
  if (kind === STATUS_RUN_FAILED) logFailure(worker, decodeError(error, place.callSite?.stack));
  else if (kind === STATUS_RUN_LOST) logFailure(worker, new ThreadLostError(place.task.name));
  else if (kind === NO_THREAD) {
    logFailure(worker, error);
    worker.stop();
  } else if (kind === STATUS_RUN_OVER) {
    laneClient().native.settleTimed(place.handle, flags, poolContext.engine.nowNs());
    settle(worker, place);
  } else {
    settle(worker, place);
    if (kind === STATUS_WORKER_FINISHED) endedByItself(worker, place, flags);
  }
}

function endedByItself(worker: Worker, place: ThreadPlace, reason: number): void {
  if (reason === RETURNED_FALSE) poolContext.log.worker('Callback ended', worker);
  if (!place.isStopLogged) poolContext.log.worker('Stopping', worker);
  place.isStopLogged = false;
  const signal = worker.extras?.signal;
  if (signal !== undefined && !worker.hasFlag(RUNNING)) forgetAbort(signal, worker);
  end(worker);
}

function end<D>(worker: BackgroundWorker<D>): void {
  // What it failed of may still be on the way: the core forgets it when that was read.
  if (finished.size === 0) queueMicrotask(releaseFinished);
  finished.add(worker as unknown as Worker);
  finish(worker);
}

function releaseFinished(): void {
  const client = laneClient();
  client.settleResults();
  const workers = [...finished];
  finished.clear();
  for (const worker of workers) {
    const place = placeOf(worker);
    if (!place.isLive) continue;
    const { handle, liveRuns } = place;
    if (!client.native.releaseTimed(handle)) continue;
    client.timed.remove(handle);
    place.handle = NO_HANDLE;
    forgetWallClock(worker);
    forgetLessons(client, place, worker.id);
    worker.numberOfRuns = liveRuns;
    worker.stateFlags &= ~(RUNNING | EXECUTING | PAUSED);
  }
}

/**
 * Lets what follows from the core's state follow: does it hold the process, when is it due?
 *
 * @param isActive - A run is under way or due, when that is known.
 */
function settle<D>(worker: BackgroundWorker<D>, place: ThreadPlace, isActive?: boolean): void {
  const { clock } = poolContext.engine;
  const client = laneClient();
  const alarmNs = clock === undefined ? -1 : client.native.timedAlarmNs(place.handle);
  if (clock !== undefined) keepAlarm(worker, place, alarmNs);
  const isPending = (isActive ?? (place.liveFlags & ACTIVE) !== 0) && alarmNs < 0;
  const holds = isPending && !worker.hasFlag(UNREF);
  if (holds === place.isHolding) return;
  place.isHolding = holds;
  if (holds) client.hold();
  else client.letGo();
}

function keepAlarm<D>(worker: BackgroundWorker<D>, place: ThreadPlace, alarmNs: number): void {
  const { timers } = poolContext;
  if (place.alarmSlot !== NO_SLOT) timers.cancel(place.alarmSlot);
  place.alarmSlot = NO_SLOT;
  if (alarmNs >= 0) place.alarmSlot = timers.arm(alarmNs, fire, worker, META_UNREF);
}

function fire(worker: Worker): void {
  const place = placeOf(worker);
  place.alarmSlot = NO_SLOT;
  laneClient().native.timedDue(place.handle);
  settle(worker, place);
}

function logFailure(worker: Worker, error: unknown): void {
  const { task } = placeOf(worker);
  poolContext.log.failed(worker.name, `callback ${task.name}`, error);
}

function placeOf<D>(worker: BackgroundWorker<D>): ThreadPlace {
  return worker.extras?.place as ThreadPlace;
}

function intervalNs<D>(worker: BackgroundWorker<D>): number {
  return Math.round(worker.intervalMs * 1e6);
}

function clientOfTimed(): LaneClient {
  const client = laneClient();
  client.timed.receive ??= heed as LaneClient['timed']['receive'] & object;
  return client;
}
