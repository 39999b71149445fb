/** backbeat: a scheduler for millions of timed actors, with a native core. */
export { BackgroundWorker } from './background-worker.ts';
export { BackgroundWorkerPool, type WorkerEntry } from './background-worker-pool.ts';
export {
  type DurationInput,
  type DurationLike,
  type InstantInput,
  parseDuration,
  parseInstant,
} from './duration.ts';
export {
  BackbeatError,
  BindingLoadError,
  BindingVersionError,
  ClockInUseError,
  InvalidArgumentError,
  type LoadAttempt,
  SchedulerClosedError,
  StaticClassError,
} from './errors.ts';
export { ManualClock } from './manual-clock.ts';
export type { Logger, LogLevel } from './pool-log.ts';
export { Scheduler, type SchedulerStats, type TimerHandle } from './scheduler.ts';
export type {
  ActorOptions,
  CommonOptions,
  WorkerCallback,
  WorkerOptions,
} from './worker-options.ts';
