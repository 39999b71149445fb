/**
 * What a worker is made of and where it stands. The public class adds what can be done with it;
 * `worker-recurrence.ts` and `isolate-runs.ts` read and change it. Everything is in this one object,
 * and what few workers have in {@link WorkerExtras}: ten million actors must fit.
 */
import { captureContext } from './async-context.ts';
import type { DurationInput } from './duration.ts';
import { poolContext } from './pool-context.ts';
import { ThreadPlace } from './thread-place.ts';
import { NO_ARGS, NO_SLOT, noExtras, type WorkerExtras } from './worker-extras.ts';
import {
  DISPOSE,
  EXECUTING,
  IGNORE_EXCEPTION,
  ON_THREAD,
  ONCE,
  PAUSED,
  RUN_ON_TIME,
  RUN_PAST_EVENTS,
  RUNNING,
  START_WITH_DELAY,
} from './worker-flags.ts';
import {
  readWorkerSettings,
  type WorkerCallback,
  type WorkerFunction,
  type WorkerOptions,
  type WorkerSettings,
} from './worker-options.ts';

/** What the core alone knows of a worker on native threads. */
const LIVE: number = RUNNING | EXECUTING | PAUSED;

/** See the head of the file. */
export class WorkerState<D = unknown> {
  /** Unique in this isolate, counted up in order of creation. */
  readonly id: number;
  /** Name, not necessarily unique. */
  readonly name: string | undefined;
  /** What runs. */
  readonly callback: WorkerFunction<D>;
  #data: D;
  #numberOfRuns = 0;
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
    callback: WorkerFunction<D>,
    options?: WorkerOptions<D> | WorkerSettings<D>,
  ) {
    const settings =
      typeof options === 'object' && options !== null && 'atEpochMs' in options
        ? options
        : readWorkerSettings(interval, callback, options);
    this.id = poolContext.registry.takeId();
    this.name = settings.name;
    this.callback = settings.callback;
    this.#data = settings.data as D;
    this.#intervalMs = settings.intervalMs;
    this.#flags = settings.flags;
    const { maxCount, finished, signal, atEpochMs } = settings;
    const context = captureContext();
    const isPlain = maxCount <= 1 && finished === undefined && signal === undefined;
    if (maxCount === 1) this.#flags |= ONCE;
    if ((this.#flags & ON_THREAD) !== 0) {
      this.writableExtras().place = new ThreadPlace(settings.callback, settings.captures);
    }
    if (!isPlain || context !== undefined || atEpochMs !== undefined) {
      Object.assign(this.writableExtras(), { maxCount, finished, signal, context, atEpochMs });
    }
  }

  /** Given to the callback. May be changed; the next run gets the new one. */
  get data(): D {
    return this.#data;
  }

  set data(data: D) {
    this.#data = data;
  }

  /** Runs since the last start, the present one included. Retries do not count. */
  get numberOfRuns(): number {
    const place = this.#livePlace();
    return place === undefined ? this.#numberOfRuns : place.liveRuns;
  }

  /** @internal */
  set numberOfRuns(runs: number) {
    this.#numberOfRuns = runs;
  }

  /** Seconds between runs; for an actor its delay. Changed by `restart`. */
  get interval(): number {
    return this.#intervalMs / 1000;
  }

  /** True from `start()` until the worker is stopped or finished, also while paused. */
  get running(): boolean {
    return this.hasFlag(RUNNING);
  }

  /** True while a run is under way. */
  get executing(): boolean {
    return this.hasFlag(EXECUTING);
  }

  /** Number of runs after which the worker stops by itself; 0 for no limit. */
  get maxCount(): number {
    return this.hasFlag(ONCE) ? 1 : (this.#extras?.maxCount ?? 0);
  }

  /** True when the first run is one interval after `start()`. Default false. */
  get startWithDelay(): boolean {
    return this.hasFlag(START_WITH_DELAY);
  }

  /** True when the worker leaves the pool as it stops. Default true. */
  get dispose(): boolean {
    return this.hasFlag(DISPOSE);
  }

  /** True when runs lie on a fixed grid, false when they count from the end of the last. Default true. */
  get runOnTime(): boolean {
    return this.hasFlag(RUN_ON_TIME);
  }

  /** True when slots that passed during a run are run back to back. Default false. */
  get runPastEvents(): boolean {
    return this.hasFlag(RUN_PAST_EVENTS);
  }

  /** True when a run that throws is tried again. Default false. */
  get ignoreException(): boolean {
    return this.hasFlag(IGNORE_EXCEPTION);
  }

  /** What is called once after the last run, if anything. */
  get finished(): WorkerCallback<D> | undefined {
    return this.#extras?.finished;
  }

  /** What was given to `start()`. */
  get args(): readonly unknown[] {
    return this.#extras?.args ?? NO_ARGS;
  }

  /** @internal Milliseconds between runs. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** @internal */
  set intervalMs(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** @internal Slot of the next run, or `NO_SLOT`; of a worker on its grid also during a run. */
  get armedSlot(): number {
    return this.#slot;
  }

  /** @internal */
  set armedSlot(slot: number) {
    this.#slot = slot;
  }

  /** @internal Bits of `worker-flags.ts`. */
  get stateFlags(): number {
    const place = this.#livePlace();
    return place === undefined ? this.#flags : (this.#flags & ~LIVE) | (place.liveFlags & LIVE);
  }

  /** @internal */
  set stateFlags(flags: number) {
    this.#flags = flags;
  }

  /** @internal True when one of these flags is set. */
  hasFlag(flags: number): boolean {
    if ((flags & LIVE) !== 0 && (this.#flags & ON_THREAD) !== 0) {
      return (this.stateFlags & flags) !== 0;
    }
    return (this.#flags & flags) !== 0;
  }

  /** @internal Reads this worker and its data, so that they are at hand when it runs. */
  touch(): number {
    const data: unknown = this.#data;
    return this.#flags + (typeof data === 'object' ? 1 : 0);
  }

  /** @internal What few workers have; undefined when this one has none of it. */
  get extras(): WorkerExtras<D> | undefined {
    return this.#extras;
  }

  /** @internal The extras, made when there are none. */
  writableExtras(): WorkerExtras<D> {
    this.#extras ??= noExtras();
    return this.#extras;
  }

  /** The place of a worker on native threads that the core knows. */
  #livePlace(): ThreadPlace | undefined {
    if ((this.#flags & ON_THREAD) === 0) return undefined;
    const place = this.#extras?.place;
    return place?.isLive === true ? place : undefined;
  }
}
