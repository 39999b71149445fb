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
import { forgetAbort, stopOnAbort } from './abort-group.ts';
import { captureContext } from './async-context.ts';
import type { DurationInput } from './duration.ts';
import { META_OWNER_ENDS_TICK, META_UNREF, META_WALL } from './isolate-timers.ts';
import { poolContext } from './pool-context.ts';
import { describeWorker, nameOfFunction, printableName } from './pool-log.ts';
import { retryDelayNs } from './retry-delay.ts';
import { isThenable } from './thenable.ts';
import { NO_ARGS, NO_SLOT, noExtras, type WorkerExtras } from './worker-extras.ts';
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
  #extras: WorkerExtras<D> | undefined = undefined;

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
      typeof options === 'object' && options !== null && 'atEpochMs' in options
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
   * @throws The reason of the signal when it is aborted already; nothing is started then.
   */
  start(...args: unknown[]): this {
    this.#extras?.signal?.throwIfAborted();
    if (this.#has(RUNNING)) this.stop();
    this.numberOfRuns = 0;
    this.#flags = (this.#flags | RUNNING) & ~PAUSED;
    if (args.length > 0 || this.#extras !== undefined) this.#writableExtras().args = args;
    poolContext.registry.add(this as unknown as BackgroundWorker);
    if (poolContext.log.wantsDebug) this.#logDebug('Starting');
    const signal = this.#extras?.signal;
    if (signal !== undefined) stopOnAbort(signal, this);
    const isAtInstant = this.#extras?.atEpochMs !== undefined;
    if (this.#has(ONCE) && !isAtInstant && !this.#has(EXECUTING)) this.#armActor();
    else this.#begin(this.#firstDeadlineNs());
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
    if (this.#extras?.signal !== undefined) forgetAbort(this.#extras.signal, this);
    if (!this.#has(EXECUTING)) this.#finish();
    else {
      this.#flags |= FINISH_AFTER_RUN;
      if (this.#dropRetry()) this.#endRun(undefined);
    }
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
    this.#begin(poolContext.engine.orderedNowNs() + (immediately ? 0 : this.#intervalMs * 1e6));
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
    const deadlineNs = poolContext.engine.orderedNowNs() + intervalMs * 1e6;
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
    this.#begin(poolContext.engine.orderedNowNs());
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
    return describeWorker(this);
  }

  /** The usual actor: nothing but a delay, whose instant may be taken together with others'. */
  #armActor(): void {
    const delayNs = this.#has(START_WITH_DELAY) ? this.#intervalMs * 1e6 : 0;
    const refFlag = this.#has(UNREF) ? META_UNREF : 0;
    this.#slot = poolContext.timers.armAfter(delayNs, runWorker, this, refFlag);
  }

  #firstDeadlineNs(): number {
    const { engine } = poolContext;
    const atEpochMs = this.#extras?.atEpochMs;
    if (atEpochMs !== undefined) return engine.wallTime().deadlineNs(atEpochMs);
    return engine.orderedNowNs() + (this.#has(START_WITH_DELAY) ? this.#intervalMs * 1e6 : 0);
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
        // By way of a promise: a foreign thenable may settle twice, a run ends once.
        Promise.resolve(result).then(
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
    poolContext.log.failed(this.name, `callback ${nameOfFunction(this.callback)}`, error);
    const mayRetry = this.#has(IGNORE_EXCEPTION) && !this.#has(FINISH_AFTER_RUN);
    if (mayRetry) this.#retry();
    else this.#endRun(undefined);
  }

  /** The same run again, by way of the loop, so that a callback that always fails blocks nobody. */
  #retry(): void {
    const extras = this.#writableExtras();
    const delayNs = retryDelayNs(extras.retries++);
    const { timers, engine } = poolContext;
    const refFlag = this.#has(UNREF) ? META_UNREF : 0;
    extras.retrySlot = timers.arm(engine.nowNs() + delayNs, retryWorker, this, refFlag);
  }

  /** Takes the next attempt out; false when none was waiting. */
  #dropRetry(): boolean {
    const extras = this.#extras;
    if (extras === undefined || extras.retrySlot === NO_SLOT) return false;
    poolContext.timers.cancel(extras.retrySlot);
    extras.retrySlot = NO_SLOT;
    return true;
  }

  /** @internal A retry is due. */
  retryDue(): void {
    this.#writableExtras().retrySlot = NO_SLOT;
    this.#attempt();
  }

  #endRun(result: unknown): void {
    this.#flags &= ~EXECUTING;
    if (this.#extras !== undefined) this.#extras.retries = 0;
    if (this.#has(FINISH_AFTER_RUN)) {
      this.#flags &= ~FINISH_AFTER_RUN;
      this.#finish();
      // What was asked for since the stop, be it by `finished`, stands.
      this.#resume();
      return;
    }
    const maxCount = this.maxCount;
    if (result === false || (maxCount > 0 && this.numberOfRuns >= maxCount)) {
      if (result === false && poolContext.log.wantsDebug) this.#logDebug('Callback ended');
      this.stop();
    } else if (this.#has(PAUSED)) this.#disarm();
    else if (!this.#resume()) this.#armNext();
  }

  /** Starts the grid that was asked for during the run; false when none was. */
  #resume(): boolean {
    const resumeNs = this.#extras?.resumeNs;
    if (resumeNs === undefined) return false;
    this.#writableExtras().resumeNs = undefined;
    this.#begin(resumeNs);
    return true;
  }

  #armNext(): void {
    if (this.#has(ON_GRID)) {
      poolContext.timers.endTick(this.#slot);
      return;
    }
    // With interval 0 a manual clock would never get past the instant: there it is a millisecond.
    const leastNs = poolContext.engine.clock === undefined ? 0 : 1e6;
    const intervalNs = this.#intervalMs * 1e6 || leastNs;
    const isCatchingUp = this.#has(RUN_ON_TIME) && this.#has(RUN_PAST_EVENTS);
    const fromNs = isCatchingUp
      ? (this.#extras as WorkerExtras<D>).gridNs
      : poolContext.engine.orderedNowNs();
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

  async #callFinished(finished: WorkerCallback<D>): Promise<void> {
    try {
      await this.#invoke(finished);
    } catch (error) {
      poolContext.log.failed(this.name, 'finished callback', error);
    }
  }

  #setRef(isRef: boolean): this {
    if (isRef) this.#flags &= ~UNREF;
    else this.#flags |= UNREF;
    if (this.#slot !== NO_SLOT) poolContext.timers.setRef(this.#slot, isRef);
    const retrySlot = this.#extras?.retrySlot ?? NO_SLOT;
    if (retrySlot !== NO_SLOT) poolContext.timers.setRef(retrySlot, isRef);
    return this;
  }

  #logDebug(what: string): void {
    const kind = this.maxCount > 0 ? 'actor' : 'worker';
    poolContext.log.debug(`${what} ${kind}: ${printableName(this.name)}`);
  }

  #writableExtras(): WorkerExtras<D> {
    this.#extras ??= noExtras();
    return this.#extras;
  }

  #has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }
}

/** One function for all workers: an actor needs no closure of its own. */
function runWorker(worker: BackgroundWorker): void {
  worker.runDue();
}

function retryWorker(worker: BackgroundWorker): void {
  worker.retryDue();
}
