import { ThreadsClosedError } from '../errors.ts';
import { defaultThreads } from '../fan-out/parallelise-options.ts';
import {
  argumentsNow,
  carryThreadFunction,
  type ThreadFunction,
} from '../fan-out/thread-function.ts';
import { ThreadPool } from './thread-pool.ts';

/**
 * Functions that run on native threads in the order in which they were called, a few at a time.
 *
 * @example
 * ```ts
 * import { TaskQueue } from 'backbeat';
 * const queue = new TaskQueue(2);
 * const doubled = await Promise.all([1, 2, 3].map((n) => queue.call((x: number) => 2 * x, n)));
 * console.log(doubled); // [ 2, 4, 6 ]
 * await queue.shutdown();
 * ```
 */
export class TaskQueue {
  readonly #pool: ThreadPool;
  #isShutDown = false;

  /** @param maxThreads - Most threads at once. Default: 80 % of the processors, at least 1. */
  constructor(maxThreads: number = defaultThreads()) {
    this.#pool = new ThreadPool(maxThreads);
  }

  /** Functions that are running. */
  get running(): number {
    return this.#pool.running;
  }

  /** Functions that wait for a thread. */
  get waiting(): number {
    return this.#pool.waiting;
  }

  /**
   * Runs a function as soon as it is its turn.
   *
   * @param args - Its arguments. They are copied now.
   * @returns What it returns; rejects with what it throws.
   * @throws ThreadsClosedError `BACKBEAT_THREADS_CLOSED` after `shutdown()`.
   */
  call<A extends readonly unknown[], R>(
    func: ThreadFunction<A, R>,
    ...args: A
  ): Promise<Awaited<R>> {
    if (this.#isShutDown) {
      throw new ThreadsClosedError('the TaskQueue is shut down', 'make a new one');
    }
    const carried = carryThreadFunction(func, 'func');
    const now = this.#pool.isFull ? argumentsNow(args) : args;
    return this.#pool.run(carried, now) as Promise<Awaited<R>>;
  }

  /** Takes no more calls. Settles when those before have ended. */
  shutdown(): Promise<void> {
    this.#isShutDown = true;
    return this.#pool.whenIdle();
  }

  /** `shutdown()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
