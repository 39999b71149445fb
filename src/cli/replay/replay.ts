import { setImmediate as nextLoopTurn } from 'node:timers/promises';

import { ManualClock, Scheduler, type TimerHandle } from '../../scheduler.ts';
import { CLOCK_ROUNDING_MS, type ReplayFigures } from '../figures.ts';
import { type LatenessBin, LatenessRecorder } from '../lateness.ts';
import type { Progress } from '../progress.ts';
import type { AccessLog } from './access-log.ts';
import { Activity } from './activity.ts';
import { RequestFeed } from './request-feed.ts';
import { VisitLedger } from './visit-ledger.ts';

/** How a log is replayed. */
export interface ReplayOptions {
  /** A visit ends when its client is silent for longer than this much log time. */
  readonly idleMs: number;
  /** Log seconds per real second; without a meaning on the manual clock. */
  readonly speed: number;
  /** How many sites replay the log side by side. */
  readonly copies: number;
  /** Run on the manual clock, without waiting. */
  readonly virtual: boolean;
}

/** What came out of a replay. */
export interface ReplayRun {
  readonly figures: ReplayFigures;
  readonly latenessBins: readonly LatenessBin[];
  readonly peakActive: number;
  /** Time-outs whose callback ran after the next request of the client, the loop being late. */
  readonly overtaken: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** The most active clients in each step of log time. */
  readonly activity: { readonly atSeconds: readonly number[]; readonly active: readonly number[] };
}

/**
 * Replays a log on the scheduler: every request is a timer, and every client has one idle timer
 * that each of its requests sets anew. Returns when all requests ran and all visits ended.
 */
export async function replay(
  log: AccessLog,
  options: ReplayOptions,
  progress: Progress,
): Promise<ReplayRun> {
  const clock = options.virtual ? new ManualClock() : undefined;
  using scheduler = clock ? new Scheduler({ clock }) : new Scheduler();
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const run = new Replay(log, options, scheduler);
  progress.stage('replaying requests', run.requests);
  run.start();
  if (clock) await runVirtually(run, clock, progress);
  else await runInRealTime(run, progress);
  progress.end();
  const cpu = process.cpuUsage(cpuBefore);
  return run.result(performance.now() - startedMs, (cpu.user + cpu.system) / 1000);
}

/** Handing the loop back now and then keeps Ctrl-C and the progress bar alive. */
const VIRTUAL_STEPS = 400;
const WATCH_INTERVAL_MS = 100;
/** How long after the last deadline a silent scheduler counts as having lost what is missing. */
const PATIENCE_MS = 10_000;

async function runVirtually(run: Replay, clock: ManualClock, progress: Progress): Promise<void> {
  const startMs = clock.now();
  for (let step = 1; step <= VIRTUAL_STEPS; step += 1) {
    clock.advanceTo(startMs + ((run.endMs - startMs) * step) / VIRTUAL_STEPS);
    progress.update(run.requestsRun);
    await nextLoopTurn();
  }
}

function runInRealTime(run: Replay, progress: Progress): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    let quietMs = 0;
    let isDraining = false;
    // Node's own timer on purpose: what watches must not stand on what is watched.
    const watch = setInterval(() => {
      quietMs = seen === run.callbacks ? quietMs + WATCH_INTERVAL_MS : 0;
      seen = run.callbacks;
      const isStuck = run.isPastEnd() && quietMs >= PATIENCE_MS;
      progress.update(isDraining ? run.visitsEnded : run.requestsRun);
      if (run.isDone() || isStuck) {
        clearInterval(watch);
        resolve();
      } else if (!isDraining && run.requestsRun === run.requests) {
        isDraining = true;
        progress.stage('waiting for open visits', run.visits);
        progress.update(run.visitsEnded);
      }
    }, WATCH_INTERVAL_MS);
  });
}

const ACTIVITY_STEPS = 480;
/** Requests waiting in the scheduler at one time are about twice this, whatever the log's size. */
const WINDOW_REQUESTS = 16_384;
const WINDOW_LEAST_MS = 50;
/** Time between the first feeding and the first request, so that not even that one is late. */
const HEAD_START_MS = 50;

class Replay {
  requestsRun = 0;
  callbacks = 0;
  /** The instant after which nothing can be due any more. */
  readonly endMs: number;

  readonly #scheduler: Scheduler;
  readonly #feed: RequestFeed;
  readonly #ledger: VisitLedger;
  readonly #log: AccessLog;
  readonly #lateness: LatenessRecorder = new LatenessRecorder();
  readonly #activity: Activity;
  readonly #idleTimers: Float64Array;
  /** How far requests had been handed out when the idle timer of a client was last set. */
  readonly #knownSeconds: Float64Array;
  readonly #ran: Uint8Array;
  readonly #windowSeconds: number;
  #horizonSeconds = 0;
  /** The end of the last window that was handed out after it had begun. */
  #lateHorizonSeconds = 0;
  #earlyRequests = 0;
  #doubledRequests = 0;

  constructor(log: AccessLog, options: ReplayOptions, scheduler: Scheduler) {
    const msPerLogSecond = options.virtual ? 1000 : 1000 / options.speed;
    const originMs = scheduler.now() + HEAD_START_MS;
    this.#log = log;
    this.#scheduler = scheduler;
    this.#feed = new RequestFeed(log, options.copies, { originMs, msPerLogSecond });
    const idleSeconds = idleDeadlineSeconds(options.idleMs);
    this.#ledger = new VisitLedger(this.#feed.clientCount, idleSeconds * msPerLogSecond);
    this.#activity = new Activity(this.#feed.spanSeconds + idleSeconds, ACTIVITY_STEPS);
    this.#idleTimers = new Float64Array(this.#feed.clientCount);
    this.#knownSeconds = new Float64Array(this.#feed.clientCount);
    this.#ran = new Uint8Array(this.#feed.total);
    this.endMs = this.#feed.instantMs(this.#feed.spanSeconds + idleSeconds) + 1;
    const requestsPerSecond = this.#feed.total / Math.max(this.#feed.spanSeconds, 1);
    this.#windowSeconds = Math.max(
      WINDOW_REQUESTS / requestsPerSecond,
      WINDOW_LEAST_MS / msPerLogSecond,
    );
  }

  get requests(): number {
    return this.#feed.total;
  }

  get visits(): number {
    return this.#ledger.visits;
  }

  get visitsEnded(): number {
    return this.#ledger.ended;
  }

  start(): void {
    this.#feedNextWindow();
  }

  isDone(): boolean {
    return this.requestsRun === this.requests && this.visitsEnded === this.visits;
  }

  isPastEnd(): boolean {
    return this.#scheduler.now() > this.endMs;
  }

  result(wallMs: number, cpuMs: number): ReplayRun {
    const ledger = this.#ledger;
    return {
      figures: {
        requests: this.requests,
        badLines: this.#log.badLines,
        clients: this.#feed.clientCount,
        visits: ledger.visits,
        lost: this.requests - this.requestsRun + (ledger.visits - ledger.ended),
        doubled: this.#doubledRequests + ledger.doubled,
        early: this.#earlyRequests + ledger.early,
        latenessMs: this.#lateness.summary(),
      },
      latenessBins: this.#lateness.bins(),
      peakActive: ledger.peakActive,
      overtaken: ledger.overtaken,
      wallMs,
      cpuMs,
      activity: this.#activity.series(),
    };
  }

  /** Hands the next window to the scheduler, and itself again one window ahead of need. */
  readonly #feedNextWindow = (): void => {
    const fromSeconds = this.#horizonSeconds;
    this.#feedUntil(fromSeconds + this.#windowSeconds);
    if (this.#feed.isDry) return;
    this.#scheduler.schedule(this.#feed.instantMs(fromSeconds), this.#feedNextWindow);
  };

  #feedUntil(horizonSeconds: number): void {
    if (horizonSeconds <= this.#horizonSeconds) return;
    const beginsAtMs = this.#feed.instantMs(this.#horizonSeconds);
    if (this.#scheduler.now() >= beginsAtMs) this.#lateHorizonSeconds = horizonSeconds;
    this.#horizonSeconds = horizonSeconds;
    this.#feed.feed(horizonSeconds, (request, deadlineMs) => {
      this.#scheduler.schedule(deadlineMs, this.#runRequest, request);
    });
  }

  readonly #runRequest = (request: number): void => {
    const deadlineMs = this.#feed.deadlineMs(request);
    const nowMs = this.#scheduler.now();
    if (!this.#countRequest(request, deadlineMs, nowMs)) return;
    const client = this.#feed.clientOf(request);
    const { visit, opened } = this.#ledger.request(client, deadlineMs);
    const endsAtMs = this.#ledger.endsAtMs(visit);
    const timer = this.#idleTimers[client] as TimerHandle;
    if (opened || !this.#scheduler.reschedule(timer, endsAtMs)) this.#queueIdle(visit, endsAtMs);
    else this.#knownSeconds[client] = this.#horizonSeconds;
    this.#activity.note(this.#feed.secondsOf(request), this.#ledger.active);
  };

  #countRequest(request: number, deadlineMs: number, nowMs: number): boolean {
    this.callbacks += 1;
    this.#lateness.record(nowMs - deadlineMs);
    if (nowMs + CLOCK_ROUNDING_MS < deadlineMs) this.#earlyRequests += 1;
    if (this.#ran[request] === 1) {
      this.#doubledRequests += 1;
      return false;
    }
    this.#ran[request] = 1;
    this.requestsRun += 1;
    return true;
  }

  #queueIdle(visit: number, endsAtMs: number): void {
    const timer = this.#scheduler.schedule(endsAtMs, this.#runIdle, visit);
    if (!this.#ledger.isOpen(visit)) return;
    const client = this.#ledger.clientOf(visit);
    this.#idleTimers[client] = timer;
    this.#knownSeconds[client] = this.#horizonSeconds;
  }

  readonly #runIdle = (visit: number): void => {
    const endsAtMs = this.#ledger.endsAtMs(visit);
    const nowMs = this.#scheduler.now();
    const isEarly = nowMs + CLOCK_ROUNDING_MS < endsAtMs;
    if (!isEarly && (this.#feedBefore(endsAtMs) || this.#mayBeAhead(visit, endsAtMs))) {
      this.#queueIdle(visit, endsAtMs);
      return;
    }
    this.callbacks += 1;
    this.#lateness.record(nowMs - endsAtMs);
    this.#ledger.timeout(visit, nowMs);
    this.#activity.note(this.#feed.secondsAt(endsAtMs), this.#ledger.active);
  };

  /**
   * Requests that were handed out after they were due can come behind a time-out that is due later,
   * because that had left the queue already. A time-out set before they were known queues up once
   * more, at its own deadline, behind them.
   */
  #mayBeAhead(visit: number, endsAtMs: number): boolean {
    const seconds = this.#feed.secondsAt(endsAtMs);
    if (seconds >= this.#lateHorizonSeconds || !this.#ledger.isOpen(visit)) return false;
    return (this.#knownSeconds[this.#ledger.clientOf(visit)] as number) <= seconds;
  }

  /** A loop that hangs can let a time-out come before requests not handed to the scheduler yet. */
  #feedBefore(instantMs: number): boolean {
    const seconds = this.#feed.secondsAt(instantMs);
    if (seconds < this.#horizonSeconds || this.#feed.isDry) return false;
    this.#feedUntil(seconds + this.#windowSeconds);
    return true;
  }
}

/**
 * A log tells whole seconds, so a request at the very instant of the time-out has the same
 * deadline as the time-out, and belongs to the visit. Half a log second more puts the time-out
 * behind every request of that second and before any of the next one; a fraction of a second in
 * the idle time itself can make no difference between whole seconds.
 */
export function idleDeadlineSeconds(idleMs: number): number {
  return Math.floor(idleMs / 1000) + 0.5;
}
