import { forgetAbort, stopOnAbort } from './abort-group.ts';
import type { DurationInput } from './duration.ts';
import { isolateRuns } from './isolate-runs.ts';
import { poolContext } from './pool-context.ts';
import { describeWorker } from './pool-log.ts';
import { sendData, threadRuns } from './thread-runs.ts';
import { EXECUTING, ON_THREAD, PAUSED, RUNNING, UNREF } from './worker-flags.ts';
import { readIntervalMs } from './worker-options.ts';
import type { WorkerRuns } from './worker-runs.ts';
import { WorkerState } from './worker-state.ts';

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
export class BackgroundWorker<D = unknown> extends WorkerState<D> {
  /** Given to the callback. May be changed; the next run gets the new one. */
  override get data(): D {
    return super.data;
  }

  override set data(data: D) {
    if (this.hasFlag(ON_THREAD)) sendData(this, data);
    super.data = data;
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
    return this.#runs.deadlineNs(this);
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
    const signal = this.extras?.signal;
    signal?.throwIfAborted();
    this.#runs.prepare(this, args);
    if (this.hasFlag(RUNNING)) this.stop();
    this.numberOfRuns = 0;
    this.stateFlags = (this.stateFlags | RUNNING) & ~PAUSED;
    if (args.length > 0 || this.extras !== undefined) this.writableExtras().args = args;
    poolContext.registry.add(this as unknown as BackgroundWorker);
    poolContext.log.worker('Starting', this);
    if (signal !== undefined) stopOnAbort(signal, this);
    this.#runs.start(this);
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
    if (!this.hasFlag(RUNNING)) return this;
    this.stateFlags &= ~(RUNNING | PAUSED);
    const { extras } = this;
    if (extras !== undefined) extras.resumeNs = undefined;
    poolContext.log.worker('Stopping', this);
    if (extras?.signal !== undefined) forgetAbort(extras.signal, this);
    this.#runs.stop(this);
    return this;
  }

  /**
   * Takes the next run out; the worker stays `running`. Without effect when not running. During a
   * run: takes effect when the run is over.
   *
   * @returns This worker.
   */
  pause(): this {
    if (!this.hasFlag(RUNNING) || this.hasFlag(PAUSED)) return this;
    this.stateFlags |= PAUSED;
    if (this.extras !== undefined) this.extras.resumeNs = undefined;
    this.#runs.pause(this);
    return this;
  }

  /**
   * Goes on after a pause: the next run is one interval from now, and the grid starts there.
   *
   * @param immediately - Run now instead. Default: false.
   * @returns This worker, or undefined when it is not running. Without effect when not paused.
   */
  unpause(immediately = false): this | undefined {
    if (!this.hasFlag(RUNNING)) return undefined;
    if (!this.hasFlag(PAUSED)) return this;
    this.stateFlags &= ~PAUSED;
    const delayNs = immediately ? 0 : this.intervalMs * 1e6;
    this.#runs.begin(this, poolContext.engine.orderedNowNs() + delayNs);
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
    const intervalMs = interval === undefined ? this.intervalMs : readIntervalMs(interval);
    if (!this.hasFlag(RUNNING)) return undefined;
    this.stateFlags &= ~PAUSED;
    const deadlineNs = poolContext.engine.orderedNowNs() + intervalMs * 1e6;
    const isSameInterval = intervalMs === this.intervalMs;
    this.intervalMs = intervalMs;
    this.#runs.move(this, deadlineNs, isSameInterval);
    return this;
  }

  /**
   * Runs now; the grid starts here. Without effect during a run or when not running.
   *
   * @returns This worker.
   */
  workNow(): this {
    if (!this.hasFlag(RUNNING) || this.hasFlag(EXECUTING)) return this;
    this.stateFlags &= ~PAUSED;
    this.#runs.begin(this, poolContext.engine.orderedNowNs());
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
    return !this.hasFlag(UNREF);
  }

  /** Stops the worker, for `using`. */
  [Symbol.dispose](): void {
    this.stop();
  }

  override toString(): string {
    return describeWorker(this);
  }

  /** Where this worker runs. */
  get #runs(): WorkerRuns {
    return this.hasFlag(ON_THREAD) ? threadRuns() : isolateRuns();
  }

  #setRef(isRef: boolean): this {
    if (isRef) this.stateFlags &= ~UNREF;
    else this.stateFlags |= UNREF;
    this.#runs.setRef(this, isRef);
    return this;
  }
}
