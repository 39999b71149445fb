import type { BackgroundWorker } from './background-worker.ts';
import type { IsolateTimers } from './isolate-timers.ts';
import { PoolLog } from './pool-log.ts';
import { defaultScheduler, type Scheduler } from './scheduler.ts';
import type { TimerEngine } from './timer-engine.ts';
import { WorkerRegistry } from './worker-registry.ts';

/** What the workers of an isolate share: registry, log and the scheduler they run on. */
export class PoolContext {
  #registry: WorkerRegistry<BackgroundWorker> | undefined;
  #log: PoolLog | undefined;
  #engine: TimerEngine | undefined;

  /** All workers, by id and by name. */
  get registry(): WorkerRegistry<BackgroundWorker> {
    this.#registry ??= new WorkerRegistry<BackgroundWorker>();
    return this.#registry;
  }

  /** What the pool tells. */
  get log(): PoolLog {
    this.#log ??= new PoolLog();
    return this.#log;
  }

  /** The engine under the scheduler that the workers run on. */
  get engine(): TimerEngine {
    this.#engine ??= defaultScheduler().engine;
    return this.#engine;
  }

  /** The timers that the workers are armed with. */
  get timers(): IsolateTimers {
    return this.engine.timers();
  }

  /** Changes the scheduler; undefined is the default one. */
  useScheduler(scheduler: Scheduler | undefined): void {
    this.#engine = scheduler?.engine;
  }
}

/** The one pool of this isolate. */
export const poolContext: PoolContext = new PoolContext();
