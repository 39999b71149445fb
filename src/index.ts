/** backbeat: a scheduler for millions of timed actors, with a native core. */
export {
  BackgroundGenerator,
  type BackgroundGeneratorOptions,
  type Items,
  type SourceFunction,
} from './background-generator.ts';
export { BackgroundWorker } from './background-worker.ts';
export { BackgroundWorkerPool, type WorkerEntry } from './background-worker-pool.ts';
export {
  type Channel,
  type ChannelOptions,
  channel,
  openReceiver,
  openSender,
} from './channel/channel.ts';
export {
  ChannelClosedError,
  ChannelDeadlockError,
  ChannelEndMovedError,
  ChannelTimeoutError,
  ReceiverLostError,
  SenderLostError,
} from './channel/channel-errors.ts';
export type { EndHandle } from './channel/end-link.ts';
export type { TransferList } from './channel/parcels.ts';
export type { Receiver } from './channel/receiver.ts';
export type { BlockOptions, FailOptions, Sender, SendOptions } from './channel/sender.ts';
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
  CaptureError,
  ClockInUseError,
  DeadlockError,
  InvalidArgumentError,
  JobStoppedError,
  type LoadAttempt,
  SchedulerClosedError,
  StaticClassError,
  TaskImportError,
  ThreadLostError,
  ThreadStartError,
  ThreadsClosedError,
} from './errors.ts';
export { BgException, type JobFailure } from './fan-out/bg-exception.ts';
export type { Invocation } from './fan-out/bg-invocation.ts';
export { BgInvoke } from './fan-out/bg-invoke.ts';
export { BgProcManager, bgProcManager, bgRunProc } from './fan-out/bg-proc-manager.ts';
export { BgThread } from './fan-out/bg-thread.ts';
export type { LevelLogger, LoggerInput } from './fan-out/fan-out-log.ts';
export { parallelise, paralleliseSync } from './fan-out/parallelise.ts';
export { paralleliseIter } from './fan-out/parallelise-iter.ts';
export type {
  JobFunction,
  JobProgress,
  ParalleliseIterOptions,
  ParalleliseOptions,
} from './fan-out/parallelise-options.ts';
export {
  type CapturedFunction,
  type ThreadFunction,
  withCaptures,
} from './fan-out/thread-function.ts';
export type { ThreadLogger } from './fan-out/thread-logger.ts';
export {
  AlreadyIteratedError,
  AsyncIterableError,
  GeneratorRunningError,
  NotStartedError,
} from './generator/generator-errors.ts';
export type { HostPlatform } from './host-platform.ts';
export { Job } from './job.ts';
export type { JobOptions } from './job-options.ts';
export { jobSignal } from './job-signal.ts';
export { CorruptValueError } from './lane/corrupt-value.ts';
export { registerErrorClass } from './lane/error-names.ts';
export { move } from './lane/moved.ts';
export type { ThreadOptions } from './lane/thread-settings.ts';
export { type ThreadTask, task } from './lane/thread-task.ts';
export type { ThreadWorker } from './lane/thread-worker.ts';
export { UncloneableError } from './lane/uncloneable-error.ts';
export { ManualClock } from './manual-clock.ts';
export { MultiThread, type MultiThreadOptions } from './multi-thread.ts';
export type { BlockingItems } from './ordered/blocking-items.ts';
export {
  Consumerator,
  type ConsumeratorOptions,
  type ConsumeratorState,
  type Producer,
} from './ordered/consumerator.ts';
export {
  type ItemFunction,
  OrderedItemProducer,
  type OrderedItemProducerOptions,
} from './ordered/ordered-item-producer.ts';
export { PoolUser } from './ordered/pool-user.ts';
export { TaskQueue } from './ordered/task-queue.ts';
export type { ThreadPool } from './ordered/thread-pool.ts';
export type { Logger, LogLevel } from './pool-log.ts';
export { Scheduler, type SchedulerStats, type TimerHandle } from './scheduler.ts';
export { type LineOptions, lines } from './sources/lines.ts';
export type { NativeReceiver } from './sources/native-receiver.ts';
export { SourceError } from './sources/source-error.ts';
export { type EntryKind, type WalkEntry, type WalkOptions, walk } from './sources/walk.ts';
export { SpawnedGenerator, type SpawnedGeneratorOptions } from './spawned-generator.ts';
export type {
  ActorOptions,
  CommonOptions,
  ThreadCallback,
  WorkerCallback,
  WorkerFunction,
  WorkerOptions,
} from './worker-options.ts';
