import { BackgroundWorker } from './background-worker.ts';
import type { DurationInput } from './duration.ts';
import { ClockInUseError, InvalidArgumentError, StaticClassError } from './errors.ts';
import { Job } from './job.ts';
import { jobBalance } from './job-balance.ts';
import { type JobOptions, readJobOptions } from './job-options.ts';
import { takeCallSite } from './lane/call-site.ts';
import { carry } from './lane/carried-function.ts';
import { laneClient, laneClientIfOpen } from './lane/lane-client.ts';
import { type ThreadOptions, threadSettings } from './lane/thread-settings.ts';
import type { AnyFunction, ThreadTask } from './lane/thread-task.ts';
import type { ManualClock } from './manual-clock.ts';
import { native } from './native.ts';
import { poolContext } from './pool-context.ts';
import type { Logger } from './pool-log.ts';
import { Scheduler } from './scheduler.ts';
import {
  type ActorOptions,
  readActorSettings,
  readWorkerSettings,
  type ThreadCallback,
  type WorkerCallback,
  type WorkerFunction,
  type WorkerOptions,
} from './worker-options.ts';

/** Marks options of a worker on native threads. */
interface OnThread {
  readonly thread: true;
}

/** One pending run, see {@link BackgroundWorkerPool.workerQueue}. */
export interface WorkerEntry {
  /** When it is due, UTC seconds. */
  readonly timestamp: number;
  /** Id of the worker. */
  readonly id: number;
  /** Name of the worker. */
  readonly name: string | undefined;
}

/**
 * Pool and factory of background workers and actors. Static only.
 *
 * The class and its rules are those of the BackgroundWorkerPool of the ACME oneM2M CSE. Plain
 * numbers are seconds here; a string with its unit ('250ms') or a `Temporal.Duration` works as
 * well. Callbacks run on the event loop of the isolate that made the worker.
 *
 * @example
 * ```ts
 * import { BackgroundWorkerPool } from 'backbeat';
 * BackgroundWorkerPool.newActor((data) => console.log('hello', data), {
 *   delay: '20ms',
 *   name: 'greeter',
 *   data: 'you',
 * }).start();
 * ```
 */
export class BackgroundWorkerPool {
  /** @throws StaticClassError `BACKBEAT_STATIC_CLASS`, always. */
  constructor() {
    throw new StaticClassError('BackgroundWorkerPool');
  }

  /**
   * Makes a worker that runs again and again. It does nothing until its `start()`.
   *
   * @param interval - Seconds between runs, zero or more; or a string with its unit, or a duration.
   * Zero: run after run, with other work of the loop in between (on a manual clock: each
   * millisecond).
   * @param workerCallback - Called with (data, worker, ...arguments of start). `false` stops it.
   * @param options - See {@link WorkerOptions}.
   * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` for an argument that is none.
   */
  static newWorker<D = undefined>(
    interval: DurationInput,
    workerCallback: ThreadCallback<D> | ThreadTask,
    options: WorkerOptions<D> & OnThread,
  ): BackgroundWorker<D>;
  static newWorker<D = undefined>(
    interval: DurationInput,
    workerCallback: WorkerCallback<D> | ThreadTask,
    options?: WorkerOptions<D>,
  ): BackgroundWorker<D>;
  static newWorker<D = undefined>(
    interval: DurationInput,
    workerCallback: WorkerFunction<D>,
    options?: WorkerOptions<D>,
  ): BackgroundWorker<D> {
    const settings = readWorkerSettings(interval, workerCallback, options);
    return register(new BackgroundWorker<D>(0, settings.callback, settings));
  }

  /**
   * Makes an actor: a worker that runs once, after a delay or at an instant. It does nothing until
   * its `start()`.
   *
   * @param workerCallback - Called with (data, worker, ...arguments of start).
   * @param options - See {@link ActorOptions}.
   * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` for an argument that is none, and when
   * both `at` and a delay are given.
   */
  static newActor<D = undefined>(
    workerCallback: ThreadCallback<D> | ThreadTask,
    options: ActorOptions<D> & OnThread,
  ): BackgroundWorker<D>;
  static newActor<D = undefined>(
    workerCallback: WorkerCallback<D> | ThreadTask,
    options?: ActorOptions<D>,
  ): BackgroundWorker<D>;
  static newActor<D = undefined>(
    workerCallback: WorkerFunction<D>,
    options?: ActorOptions<D>,
  ): BackgroundWorker<D> {
    const settings = readActorSettings(workerCallback, options);
    return register(new BackgroundWorker<D>(0, settings.callback, settings));
  }

  /**
   * Runs a function on a native thread, at once or as soon as a thread is free.
   *
   * @param task - A function, with what it captured, or `task(url, name)`.
   * @param options - A name, or {@link JobOptions}.
   * @throws CaptureError `BACKBEAT_CAPTURE` when the function cannot go to a thread,
   * UncloneableError `BACKBEAT_UNCLONEABLE` when an argument cannot, InvalidArgumentError
   * `BACKBEAT_INVALID_ARGUMENT` for an option that is none.
   */
  static runJob<A extends readonly unknown[], R>(
    task: ((...args: A) => R) | ThreadTask<(...args: A) => R>,
    options?: string | JobOptions<A>,
  ): Job<Awaited<R>> {
    const settings = readJobOptions(options);
    laneClient().warm();
    const carried = carry(task as AnyFunction | ThreadTask, settings?.captures);
    jobBalance.noteRequest();
    return new Job<Awaited<R>>(carried, settings, takeCallSite(BackgroundWorkerPool.runJob));
  }

  /** Jobs that have not ended, and threads that are idle. */
  static countJobs(): [running: number, paused: number] {
    const client = laneClientIfOpen();
    return client === undefined ? [0, 0] : [client.underWay, client.lanes.idle];
  }

  /**
   * Ends the threads: idle ones at once, the others after the job that they run. Jobs that have not
   * started are stopped.
   *
   * @returns When all threads of this isolate have ended.
   */
  static killJobs(): Promise<void> {
    return laneClientIfOpen()?.dismissAll() ?? Promise.resolve();
  }

  /**
   * Sets how idle threads are thinned out: at every `balanceLatency`-th job, when there are more than
   * `balanceTarget` idle threads for each busy one, the idle ones are divided by
   * `balanceReduceFactor`.
   *
   * @param balanceLatency - Number of jobs; 0 switches it off.
   */
  static setJobBalance(
    balanceTarget = 3.0,
    balanceLatency = 1000,
    balanceReduceFactor = 2.0,
  ): void {
    jobBalance.change(balanceTarget, balanceLatency, balanceReduceFactor);
  }

  /**
   * Sets how many native threads there are and how they live. What is not given stays.
   *
   * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` for an option that is none.
   */
  static setThreads(options: ThreadOptions): void {
    threadSettings.change(options);
    native().setLaneLimit(threadSettings.maxThreads);
  }

  /**
   * Finds workers, in order of creation.
   *
   * @param name - A name, or a pattern with `*` and `?`, see `name-pattern.ts`. Default: all.
   * @param running - Only running ones, or only those that are not. Default: both.
   */
  static findWorkers(name?: string, running?: boolean): BackgroundWorker[] {
    checkName(name);
    const workers = poolContext.registry.match(name);
    return running === undefined ? workers : workers.filter((worker) => worker.running === running);
  }

  /**
   * Stops workers.
   *
   * @param name - As for {@link BackgroundWorkerPool.findWorkers}. Default: all.
   * @returns All that match, also those that were not running.
   */
  static stopWorkers(name?: string): BackgroundWorker[] {
    const workers = BackgroundWorkerPool.findWorkers(name);
    for (const worker of workers) worker.stop();
    return workers;
  }

  /**
   * Stops workers and takes them out of the pool.
   *
   * @param name - As for {@link BackgroundWorkerPool.findWorkers}; required.
   * @returns Those that were removed.
   */
  static removeWorkers(name: string): BackgroundWorker[] {
    if (typeof name !== 'string') throw new InvalidArgumentError('name', name, 'a string');
    const workers = BackgroundWorkerPool.stopWorkers(name);
    for (const worker of workers) poolContext.registry.remove(worker);
    return workers;
  }

  /**
   * Sets the receiver of the log: ("DEBUG" | "INFO" | "WARNING" | "ERROR", message). Without one
   * (undefined or null) nothing is logged. Until this is called, warnings and errors go to standard
   * error.
   */
  static setLogger(logger: Logger | null | undefined): void {
    if (logger !== undefined && logger !== null && typeof logger !== 'function') {
      throw new InvalidArgumentError('logger', logger, 'a function, or nothing');
    }
    poolContext.log.setLogger(logger ?? undefined);
  }

  /** All workers of the pool by id, in order of creation. A live view. */
  static get backgroundWorkers(): ReadonlyMap<number, BackgroundWorker> {
    return poolContext.registry;
  }

  /** The pending runs in the order in which they are due. A snapshot; looks at every worker. */
  static get workerQueue(): readonly WorkerEntry[] {
    const pending: { deadlineNs: number; worker: BackgroundWorker }[] = [];
    for (const worker of poolContext.registry.values()) {
      const deadlineNs = worker.nextDeadlineNs;
      if (deadlineNs !== undefined) pending.push({ deadlineNs, worker });
    }
    pending.sort((a, b) => a.deadlineNs - b.deadlineNs);
    return pending.map(({ worker }) => ({
      timestamp: worker.nextRunTime as number,
      id: worker.id,
      name: worker.name,
    }));
  }

  /** The run that the timer waits for: the first of `workerQueue`; undefined when it is empty. */
  static get workerTimer(): WorkerEntry | undefined {
    return BackgroundWorkerPool.workerQueue[0];
  }

  /**
   * Lets the pool run on a manual clock, for tests; or on the real one again.
   *
   * @param clock - The clock; undefined for real time.
   * @throws ClockInUseError `BACKBEAT_CLOCK_IN_USE` while workers are running.
   */
  static useClock(clock: ManualClock | undefined): void {
    const running = BackgroundWorkerPool.findWorkers(undefined, true).length;
    if (running > 0) throw new ClockInUseError(running);
    if (clock !== undefined && clock === manualScheduler?.engine.clock) return;
    // Made first: a clock that is refused leaves the pool as it was.
    const next = clock === undefined ? undefined : new Scheduler({ clock });
    manualScheduler?.close();
    manualScheduler = next;
    poolContext.useScheduler(manualScheduler);
  }
}

let manualScheduler: Scheduler | undefined;

function register<D>(worker: BackgroundWorker<D>): BackgroundWorker<D> {
  poolContext.registry.add(worker as unknown as BackgroundWorker);
  return worker;
}

function checkName(name: unknown): void {
  if (name !== undefined && name !== null && typeof name !== 'string') {
    throw new InvalidArgumentError('name', name, 'a string');
  }
}
