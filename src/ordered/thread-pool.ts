import type { Transferable } from 'node:worker_threads';
import { InvalidArgumentError } from '../errors.ts';
import type { CarriedFunction } from '../lane/carried-function.ts';
import { LeasedThread } from '../lane/leased-thread.ts';

const MOST_THREADS = 1024;

/** A function that waits for a thread of the pool. */
interface WaitingTask {
  readonly carried: CarriedFunction;
  readonly args: readonly unknown[];
  readonly transfer: readonly Transferable[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Native threads for functions that may block: at most so many at once, the rest waits in order.
 * Each function has its thread for itself; threads without one go back to the process.
 */
export class ThreadPool {
  #maxThreads: number;
  #running = 0;
  readonly #waiting: WaitingTask[] = [];
  #onIdle: (() => void)[] = [];

  /** @internal */
  constructor(maxThreads: number) {
    this.#maxThreads = checkMaxThreads(maxThreads);
  }

  /**
   * Most threads at once, 1 to 1024. Changing it takes effect as threads become free.
   *
   * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` when set to anything else.
   */
  get maxThreads(): number {
    return this.#maxThreads;
  }

  /** Takes effect as threads become free. */
  set maxThreads(maxThreads: number) {
    this.#maxThreads = checkMaxThreads(maxThreads);
    this.#startWaiting();
  }

  /** Functions that are running. */
  get running(): number {
    return this.#running;
  }

  /** Functions that wait for a thread. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** True when the next function would have to wait. */
  get isFull(): boolean {
    return this.#running >= this.#maxThreads;
  }

  /** @internal Runs a function as soon as a thread is free. */
  run(
    carried: CarriedFunction,
    args: readonly unknown[],
    transfer: readonly Transferable[] = [],
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const task = { carried, args, transfer, resolve, reject };
      if (this.isFull) this.#waiting.push(task);
      else this.#start(task, new LeasedThread());
    });
  }

  /** @internal Settles when nothing runs or waits. */
  whenIdle(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #start({ carried, args, transfer, resolve, reject }: WaitingTask, thread: LeasedThread): void {
    this.#running++;
    let result: Promise<unknown>;
    try {
      ({ result } = thread.run(carried, args, transfer));
    } catch (error) {
      reject(error);
      this.#ended(thread);
      return;
    }
    result.then(resolve, reject).finally(() => this.#ended(thread));
  }

  #ended(thread: LeasedThread): void {
    this.#running--;
    thread.release();
    this.#startWaiting();
    if (this.#running > 0) return;
    for (const tell of this.#onIdle.splice(0)) tell();
  }

  #startWaiting(): void {
    while (!this.isFull) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#start(next, new LeasedThread());
    }
  }
}

function checkMaxThreads(maxThreads: number): number {
  if (Number.isInteger(maxThreads) && maxThreads >= 1 && maxThreads <= MOST_THREADS) {
    return maxThreads;
  }
  throw new InvalidArgumentError(
    'maxThreads',
    maxThreads,
    `a whole number from 1 to ${MOST_THREADS}`,
  );
}
