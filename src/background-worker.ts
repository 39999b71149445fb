/**
 * A worker or actor of the pool.
 *
 * # How a worker is armed
 *
 * - A worker on its grid that skips missed slots, the usual kind, is one recurring actor of the
 *   core: armed once, put back into the queue there, and told by `endTick` when a run is over.
 * - All others (actors, intervals after the end, catch-up) are armed anew for each run.
 *
 * A worker has at most one armed slot and never overlaps itself. What is asked for during a run
 * (start, stop, pause, restart) takes effect when the run ends; for an asynchronous callback that
 * is when its promise settles.
 */
import type { AsyncResource } from 'node:async_hooks';
import { captureContext } from './async-context.ts';
import type { DurationInput } from './duration.ts';
import { META_OWNER_ENDS_TICK, META_UNREF, META_WALL } from './isolate-timers.ts';
import { poolContext } from './pool-context.ts';
import { describeThrown, printableName } from './pool-log.ts';
import {
  DISPOSE,
  EXECUTING,
  FINISH_AFTER_RUN,
  IGNORE_EXCEPTION,
  ON_GRID,
  ONCE,
  PAUSED,
  RUN_ON_TIME,
  RUN_PAST_EVENTS,
  RUNNING,
  readIntervalMs,
  readWorkerSettings,
  START_WITH_DELAY,
  UNREF,
  type WorkerCallback,
  type WorkerOptions,
  type WorkerSettings,
} from './worker-options.ts';

/** Retries of a failed run that come at once; the next ones wait, twice as long each time. */
const IMMEDIATE_RETRIES = 3;
const LONGEST_RETRY_NS = 1e9;
const NO_SLOT = -1;

/** What few workers have, kept apart so that the many stay small. */
interface Extras<D> {
  maxCount: number;
  finished: WorkerCallback<D> | undefined;
  args: readonly unknown[];
  context: AsyncResource | undefined;
  signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
  atEpochMs: number | undefined;
  /** Slot of the grid of the last run, for catching up. */
  gridNs: number;
  /** Where the grid starts again after the run that is under way. */
  resumeNs: number | undefined;
  /** Failed attempts of the run that is under way. */
  retries: number;
}

const NO_ARGS: readonly unknown[] = [];

/**
 * Runs a callback once or again and again. Made by `BackgroundWorkerPool.newWorker` and
 * `newActor`; a worker made with `new` enters the pool at its start.
 *
 * @example
 * ```ts
 * import { BackgroundWorkerPool } from 'backbeat';
 * const worker = BackgroundWorkerPool.newWorker('10ms', (data) => console.log(data), {
 *   data: 'tick',
 *   maxCount: 3,
 * });
 * worker.start();
 * ```
 */
export class BackgroundWorker<D = unknown> {
  /** Unique in this isolate, counted up in order of creation. */
  readonly id: number;
  /** Name, not necessarily unique. */
  readonly name: string | undefined;
  /** What runs. */
  readonly callback: WorkerCallback<D>;
  /** Given to the callback. May be changed; the next run gets the new one. */
  data: D;
  /** Runs since the last start, the present one included. Retries do not count. */
  numberOfRuns = 0;
  #intervalMs: number;
  #flags: number;
  #slot: number = NO_SLOT;
  #extras: Extras<D> | undefined = undefined;

  /**
   * @param interval - Seconds between runs; or a string with its unit, or a duration.
   * @param callback - See {@link WorkerCallback}.
   * @param options - As for `BackgroundWorkerPool.newWorker`.
   */
  constructor(
    interval: DurationInput,
    callback: WorkerCallback<D>,
    options?: WorkerOptions<D> | WorkerSettings<D>,
  ) {
    const settings =
      options !== undefined && 'atEpochMs' in options
        ? options
        : readWorkerSettings(interval, callback, options);
    this.id = poolContext.registry.takeId();
    this.name = settings.name;
    this.callback = settings.callback;
    this.data = settings.data as D;
    this.#intervalMs = settings.intervalMs;
    this.#flags = settings.flags;
    const { maxCount, finished, signal, atEpochMs } = settings;
    const context = captureContext();
    const isPlain = maxCount <= 1 && finished === undefined && signal === undefined;
    if (maxCount === 1) this.#flags |= ONCE;
    if (!isPlain || context !== undefined || atEpochMs !== undefined) {
      this.#extras = { ...noExtras(), maxCount, finished, signal, context, atEpochMs };
    }
  }

  /** Seconds between runs; for an actor its delay. Changed by {@link BackgroundWorker.restart}. */
  get interval(): number {
    return this.#intervalMs / 1000;
  }

  /** True from `start()` until the worker is stopped or finished, also while paused. */
  get running(): boolean {
    return this.#has(RUNNING);
  }

  /** True while a run is under way. */
  get executing(): boolean {
    return this.#has(EXECUTING);
  }

  /** Number of runs after which the worker stops by itself; 0 for no limit. */
  get maxCount(): number {
    return this.#has(ONCE) ? 1 : (this.#extras?.maxCount ?? 0);
  }

  get startWithDelay(): boolean {
    return this.#has(START_WITH_DELAY);
  }

  get dispose(): boolean {
    return this.#has(DISPOSE);
  }

  get runOnTime(): boolean {
    return this.#has(RUN_ON_TIME);
  }

  get runPastEvents(): boolean {
    return this.#has(RUN_PAST_EVENTS);
  }

  get ignoreException(): boolean {
    return this.#has(IGNORE_EXCEPTION);
  }

  get finished(): WorkerCallback<D> | undefined {
    return this.#extras?.finished;
  }

  /** What was given to `start()`. */
  get args(): readonly unknown[] {
    return this.#extras?.args ?? NO_ARGS;
  }

  /** When the next run is due, UTC seconds; undefined while none is: not running, paused, executing. */
  get nextRunTime(): number | undefined {
    const deadlineNs = this.nextDeadlineNs;
    if (deadlineNs === undefined) return undefined;
    const { engine } = poolContext;
    return (engine.wallNowMs() + (deadlineNs - engine.nowNs()) / 1e6) / 1000;
  }

  /** @internal The deadline of the next run on the engine's time line. */
  get nextDeadlineNs(): number | undefined {
    if (this.#slot === NO_SLOT || this.#has(EXECUTING)) return undefined;
    return poolContext.timers.deadlineNs(this.#slot);
  }

  /**
   * Starts the worker: the first run is now, or after one interval with `startWithDelay`. Counts
   * runs from 0. A running worker is stopped first.
   *
   * @param args - Given to every run, behind data and worker.
   * @returns This worker.
   */
  start(...args: unknown[]): this {
    if (this.#has(RUNNING)) this.stop();
    this.numberOfRuns = 0;
    this.#flags = (this.#flags | RUNNING) & ~PAUSED;
    if (args.length > 0 || this.#extras !== undefined) this.#writableExtras().args = args;
    poolContext.registry.add(this as unknown as BackgroundWorker);
    if (poolContext.log.wantsDebug) this.#logDebug('Starting');
    this.#listenToSignal();
    const atEpochMs = this.#extras?.atEpochMs;
    if (atEpochMs !== undefined) {
      this.#begin(poolContext.engine.wallTime().deadlineNs(atEpochMs));
    } else {
      const delayNs = this.#has(START_WITH_DELAY) ? this.#intervalMs * 1e6 : 0;
      this.#begin(poolContext.engine.nowNs() + delayNs);
    }
    return this;
  }

  /**
   * Stops the worker: no further run. A run under way is not interrupted. `finished` is called when
   * it is over, or at once, and the worker leaves the pool with `dispose`. Without effect when not
   * running.
   *
   * @returns This worker.
   */
  stop(): this {
    if (!this.#has(RUNNING)) return this;
    this.#flags &= ~(RUNNING | PAUSED);
    if (this.#extras !== undefined) this.#extras.resumeNs = undefined;
    if (poolContext.log.wantsDebug) this.#logDebug('Stopping');
    this.#disarm();
    this.#ignoreSignal();
    if (this.#has(EXECUTING)) this.#flags |= FINISH_AFTER_RUN;
    else this.#finish();
    return this;
  }

  /**
   * Takes the next run out; the worker stays `running`. Without effect when not running. During a
   * run: takes effect when the run is over.
   *
   * @returns This worker.
   */
  pause(): this {
    if (!this.#has(RUNNING) || this.#has(PAUSED)) return this;
    this.#flags |= PAUSED;
    if (this.#extras !== undefined) this.#extras.resumeNs = undefined;
    if (!this.#has(EXECUTING)) this.#disarm();
    return this;
  }

  /**
   * Goes on after a pause: the next run is one interval from now, and the grid starts there.
   *
   * @param immediately - Run now instead. Default: false.
   * @returns This worker, or undefined when it is not running. Without effect when not paused.
   */
  unpause(immediately = false): this | undefined {
    if (!this.#has(RUNNING)) return undefined;
    if (!this.#has(PAUSED)) return this;
    this.#flags &= ~PAUSED;
    this.#begin(poolContext.engine.nowNs() + (immediately ? 0 : this.#intervalMs * 1e6));
    return this;
  }

  /**
   * Lets the next run be one interval from now, and the grid start there. Keeps the arguments and
   * the number of runs.
   *
   * @param interval - A new interval in seconds; or a string with its unit, or a duration.
   * @returns This worker, or undefined when it is not running.
   */
  restart(interval?: DurationInput): this | undefined {
    const intervalMs = interval === undefined ? this.#intervalMs : readIntervalMs(interval);
    if (!this.#has(RUNNING)) return undefined;
    this.#flags &= ~PAUSED;
    const deadlineNs = poolContext.engine.nowNs() + intervalMs * 1e6;
    const isSame = intervalMs === this.#intervalMs;
    this.#intervalMs = intervalMs;
    const isArmed = this.#slot !== NO_SLOT && !this.#has(EXECUTING);
    const isPlainActor = this.#extras?.atEpochMs === undefined && !this.#has(ON_GRID);
    if (isArmed && (isPlainActor || (isSame && this.#has(ON_GRID)))) {
      poolContext.timers.rearm(this.#slot, Math.ceil(deadlineNs));
      if (this.#extras !== undefined) this.#extras.gridNs = deadlineNs;
    } else this.#begin(deadlineNs);
    return this;
  }

  /**
   * Runs now; the grid starts here. Without effect during a run or when not running.
   *
   * @returns This worker.
   */
  workNow(): this {
    if (!this.#has(RUNNING) || this.#has(EXECUTING)) return this;
    this.#flags &= ~PAUSED;
    this.#begin(poolContext.engine.nowNs());
    return this;
  }

  /** Holds the process while a run is pending, which is the default. */
  ref(): this {
    return this.#setRef(true);
  }

  /** Lets the process end although a run is pending. */
  unref(): this {
    return this.#setRef(false);
  }

  /** True when a pending run holds the process. */
  hasRef(): boolean {
    return !this.#has(UNREF);
  }

  /** Stops the worker, for `using`. */
  [Symbol.dispose](): void {
    this.stop();
  }

  toString(): string {
    const { name, running, interval, startWithDelay, numberOfRuns, dispose, id, runOnTime } = this;
    const shown = { name: printableName(name), callback: this.callback.name, running, interval };
    const rest = { startWithDelay, numberOfRuns, dispose, id, runOnTime };
    const fields = Object.entries({ ...shown, ...rest });
    return `BackgroundWorker(${fields.map(([key, value]) => `${key}=${value}`).join(', ')})`;
  }

  /** Puts the first run of a grid at `deadlineNs`, now or when the run under way is over. */
  #begin(deadlineNs: number): void {
    if (this.#has(EXECUTING)) this.#writableExtras().resumeNs = deadlineNs;
    else {
      this.#disarm();
      this.#arm(deadlineNs);
    }
  }

  #arm(deadlineNs: number): void {
    const { timers } = poolContext;
    const refFlag = this.#has(UNREF) ? META_UNREF : 0;
    const intervalNs = Math.round(this.#intervalMs * 1e6);
    const staysOnGrid = (this.#flags & (RUN_ON_TIME | RUN_PAST_EVENTS | ONCE)) === RUN_ON_TIME;
    if (staysOnGrid && intervalNs > 0) {
      this.#flags |= ON_GRID;
      const flags = META_OWNER_ENDS_TICK | refFlag;
      const firstNs = Math.ceil(deadlineNs);
      this.#slot = timers.armRecurring(firstNs, intervalNs, runWorker, this, flags);
      return;
    }
    const wallFlag = this.#extras?.atEpochMs === undefined ? 0 : META_WALL;
    if (this.#extras !== undefined) this.#extras.gridNs = deadlineNs;
    else if (this.#has(RUN_PAST_EVENTS)) this.#writableExtras().gridNs = deadlineNs;
    this.#slot = timers.arm(deadlineNs, runWorker, this, refFlag | wallFlag);
  }

  #disarm(): void {
    if (this.#slot === NO_SLOT) return;
    poolContext.timers.cancel(this.#slot);
    this.#slot = NO_SLOT;
    this.#flags &= ~ON_GRID;
  }

  /** @internal A run is due. */
  runDue(): void {
    if (!this.#has(ON_GRID)) this.#slot = NO_SLOT;
    this.#flags |= EXECUTING;
    this.numberOfRuns++;
    this.#attempt();
  }

  #attempt(): void {
    try {
      const result = this.#invoke(this.callback);
      if (isThenable(result)) {
        result.then(
          (value) => this.#endRun(value),
          (reason) => this.#endFailedRun(reason),
        );
      } else this.#endRun(result);
    } catch (error) {
      this.#endFailedRun(error);
    }
  }

  #invoke(callback: WorkerCallback<D>): unknown {
    const extras = this.#extras;
    const call = callback as (data: D, worker: this, ...args: unknown[]) => unknown;
    if (extras === undefined) return call(this.data, this);
    if (extras.context === undefined) return call(this.data, this, ...extras.args);
    return extras.context.runInAsyncScope(call, undefined, this.data, this, ...extras.args);
  }

  #endFailedRun(error: unknown): void {
    const callbackName = this.callback.name || 'callback';
    const what = `Worker "${printableName(this.name)}" exception during callback ${callbackName}`;
    poolContext.log.error(`${what}: ${describeThrown(error)}`);
    if (this.#has(IGNORE_EXCEPTION) && this.#has(RUNNING) && !this.#has(FINISH_AFTER_RUN)) {
      this.#retry();
    } else this.#endRun(undefined);
  }

  /** The same run again, by way of the loop, so that a callback that always fails blocks nobody. */
  #retry(): void {
    const extras = this.#writableExtras();
    const waited = extras.retries++ - IMMEDIATE_RETRIES;
    const delayNs = waited < 0 ? 0 : Math.min(1e6 * 2 ** waited, LONGEST_RETRY_NS);
    const { timers, engine } = poolContext;
    const refFlag = this.#has(UNREF) ? META_UNREF : 0;
    timers.arm(engine.nowNs() + delayNs, retryWorker, this, refFlag);
  }

  /** @internal A retry is due. */
  retryDue(): void {
    if (this.#has(FINISH_AFTER_RUN) || !this.#has(RUNNING)) this.#endRun(undefined);
    else this.#attempt();
  }

  #endRun(result: unknown): void {
    this.#flags &= ~EXECUTING;
    const extras = this.#extras;
    if (extras !== undefined) extras.retries = 0;
    if (this.#has(FINISH_AFTER_RUN)) {
      this.#flags &= ~FINISH_AFTER_RUN;
      this.#finish();
    }
    if (!this.#has(RUNNING)) return;
    const resumeNs = extras?.resumeNs;
    if (resumeNs !== undefined && extras !== undefined) {
      extras.resumeNs = undefined;
      this.#begin(resumeNs);
      return;
    }
    const maxCount = this.maxCount;
    if (result === false || (maxCount > 0 && this.numberOfRuns >= maxCount)) {
      if (result === false && poolContext.log.wantsDebug) this.#logDebug('Callback ended');
      this.stop();
    } else if (this.#has(PAUSED)) this.#disarm();
    else this.#armNext();
  }

  #armNext(): void {
    if (this.#has(ON_GRID)) {
      poolContext.timers.endTick(this.#slot);
      return;
    }
    const intervalNs = this.#intervalMs * 1e6;
    const isCatchingUp = this.#has(RUN_ON_TIME) && this.#has(RUN_PAST_EVENTS);
    const fromNs = isCatchingUp ? (this.#extras as Extras<D>).gridNs : poolContext.engine.nowNs();
    this.#arm(fromNs + intervalNs);
  }

  /** After the last run: `finished`, then out of the pool. */
  #finish(): void {
    const finished = this.#extras?.finished;
    if (finished !== undefined) this.#callFinished(finished);
    if (this.#has(DISPOSE) && !this.#has(RUNNING)) {
      poolContext.registry.remove(this as unknown as BackgroundWorker);
    }
  }

  #callFinished(finished: WorkerCallback<D>): void {
    const fail = (error: unknown): void => {
      const what = `Worker "${printableName(this.name)}" exception during finished callback`;
      poolContext.log.error(`${what}: ${describeThrown(error)}`);
    };
    try {
      const result = this.#invoke(finished);
      if (isThenable(result)) result.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }

  #setRef(isRef: boolean): this {
    if (isRef) this.#flags &= ~UNREF;
    else this.#flags |= UNREF;
    if (this.#slot !== NO_SLOT) poolContext.timers.setRef(this.#slot, isRef);
    return this;
  }

  #listenToSignal(): void {
    const extras = this.#extras;
    if (extras?.signal === undefined) return;
    extras.onAbort = () => this.stop();
    extras.signal.addEventListener('abort', extras.onAbort, { once: true });
    extras.signal.throwIfAborted();
  }

  #ignoreSignal(): void {
    const extras = this.#extras;
    if (extras?.onAbort === undefined) return;
    extras.signal?.removeEventListener('abort', extras.onAbort);
    extras.onAbort = undefined;
  }

  #logDebug(what: string): void {
    const kind = this.maxCount > 0 ? 'actor' : 'worker';
    poolContext.log.debug(`${what} ${kind}: ${printableName(this.name)}`);
  }

  #writableExtras(): Extras<D> {
    this.#extras ??= noExtras();
    return this.#extras;
  }

  #has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }
}

function noExtras<D>(): Extras<D> {
  return {
    maxCount: 0,
    finished: undefined,
    args: NO_ARGS,
    context: undefined,
    signal: undefined,
    onAbort: undefined,
    atEpochMs: undefined,
    gridNs: 0,
    resumeNs: undefined,
    retries: 0,
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** One function for all workers: an actor needs no closure of its own. */
function runWorker(worker: BackgroundWorker): void {
  worker.runDue();
}

function retryWorker(worker: BackgroundWorker): void {
  worker.retryDue();
}
