import type { BackgroundWorkerPool, Scheduler } from '../../index.ts';

/** The two kinds of timers that a stress run can measure. */
export type TimerKind = 'backbeat' | 'node';

/** One kind of timers, as the stress run uses it. Delays in milliseconds. */
export interface StressTimers {
  /** The clock that the deadlines are on. */
  nowMs(): number;
  /** Runs once after the delay. */
  once(actor: number, delayMs: number): void;
  /** Runs on a grid that starts one interval from now, until the callback returns false. */
  every(actor: number, intervalMs: number): void;
}

/** What an actor runs; false ends a recurring one. */
export type ActorCallback = (actor: number) => boolean;

/** Makes the timers whose actors all run one callback. Node's own need nothing of backbeat. */
export async function createTimers(
  kind: TimerKind,
  callback: ActorCallback,
): Promise<StressTimers> {
  if (kind === 'node') return new NodeTimers(callback);
  const [pool, scheduler] = await Promise.all([
    import('../../index.ts'),
    import('../../scheduler.ts'),
  ]);
  return new PoolTimers(pool.BackgroundWorkerPool, scheduler.defaultScheduler(), callback);
}

class PoolTimers implements StressTimers {
  readonly #pool: typeof BackgroundWorkerPool;
  readonly #scheduler: Scheduler;
  readonly #callback: ActorCallback;

  constructor(pool: typeof BackgroundWorkerPool, scheduler: Scheduler, callback: ActorCallback) {
    this.#pool = pool;
    this.#scheduler = scheduler;
    this.#callback = callback;
  }

  nowMs(): number {
    return this.#scheduler.now();
  }

  once(actor: number, delayMs: number): void {
    this.#pool.newActor(this.#callback, { delay: delayMs / 1000, data: actor }).start();
  }

  every(actor: number, intervalMs: number): void {
    this.#pool
      .newWorker(intervalMs / 1000, this.#callback, { startWithDelay: true, data: actor })
      .start();
  }
}

class NodeTimers implements StressTimers {
  readonly #callback: ActorCallback;
  readonly #tick: (this: NodeJS.Timeout, actor: number) => void;

  constructor(callback: ActorCallback) {
    this.#callback = callback;
    // Node calls it on the Timeout itself, so one function serves all intervals.
    this.#tick = function tick(actor) {
      if (!callback(actor)) clearInterval(this);
    };
  }

  nowMs(): number {
    return performance.now();
  }

  once(actor: number, delayMs: number): void {
    setTimeout(this.#callback, delayMs, actor);
  }

  every(actor: number, intervalMs: number): void {
    setInterval(this.#tick, intervalMs, actor);
  }
}
