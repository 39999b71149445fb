import { DeadlockError, ThreadsClosedError } from '../errors.ts';
import type { CallSite } from '../lane/call-site.ts';
import type { AnyFunction } from '../lane/thread-task.ts';
import { callSite } from './bg-exception.ts';
import { Invocation } from './bg-invocation.ts';
import { CallQueue } from './call-queue.ts';
import { carryThreadFunction, type ThreadFunction } from './thread-function.ts';

/**
 * A native thread of its own for one function that is called many times, one call after the other.
 * What the function's module keeps stays from call to call, on a thread that may have been used
 * before; if the thread is lost the next call gets another one.
 *
 * A thread that is waiting for calls does not hold the process. One that nobody refers to any more
 * ends by itself.
 *
 * @example
 * ```ts
 * import { BgThread } from 'backbeat';
 * const slowCount = (times: number) => {
 *   let count = 0;
 *   for (let i = 0; i < times; i++) count++;
 *   return count;
 * };
 * const thread = new BgThread(slowCount);
 * const first = thread.invoke(1_000_000);
 * const second = thread.invoke(1000);
 * console.log(await second.result, await first.result); // 1000 1000000
 * await thread.invoke(10); // waits until the arguments are taken
 * console.log(await thread.result); // 10
 * await thread.close();
 * ```
 */
export class BgThread<A extends readonly unknown[], R> {
  readonly #queue: CallQueue<Awaited<R>>;

  /**
   * @param func - Carried with what it captured at this moment, or a task.
   * @throws CaptureError `BACKBEAT_CAPTURE` when it cannot be carried.
   */
  constructor(func: ThreadFunction<A, R>) {
    this.#queue = new CallQueue(carryThreadFunction(func, 'func'));
    abandoned.register(this, this.#queue, this);
  }

  /**
   * Calls the function, after the calls before. Its arguments are copied now.
   *
   * @returns A promise of the moment when the arguments before these were taken: one call can wait
   *   while another runs. Its `result` is that of this very call.
   * @throws ThreadsClosedError `BACKBEAT_THREADS_CLOSED` after `close()`, UncloneableError
   *   `BACKBEAT_UNCLONEABLE` when an argument cannot go to a thread.
   */
  invoke(...args: A): Invocation<Awaited<R>> {
    return this.#invoke(args, callSite(this.invoke as AnyFunction));
  }

  /**
   * As `invoke`, and blocks this thread until the arguments before these were taken.
   */
  invokeSync(...args: A): Invocation<Awaited<R>> {
    const invocation = this.#invoke(args, callSite(this.invokeSync as AnyFunction));
    this.#queue.waitUntil(() => invocation.isAccepted);
    return invocation;
  }

  /** True from `invoke` until the results of all calls are there. */
  isRunning(): boolean {
    return this.#queue.isBusy;
  }

  /**
   * The newest result that was not read here, or the next one; reading it takes it. A result that
   * nobody reads is replaced by the next. Rejects with BgException `BACKBEAT_BG_EXCEPTION` when the
   * call failed, and with ThreadsClosedError `BACKBEAT_THREADS_CLOSED` when nothing can come.
   */
  get result(): Promise<Awaited<R>> {
    return this.#queue.nextResult();
  }

  /**
   * As `result`, and blocks this thread until there is one.
   *
   * @throws DeadlockError `BACKBEAT_DEADLOCK` when there is none and no call is under way.
   */
  resultSync(): Awaited<R> {
    const queue = this.#queue;
    if (!queue.hasResult && !queue.isBusy && !queue.isClosed) {
      throw new DeadlockError('resultSync()', 'no call is under way; invoke() first');
    }
    queue.waitUntil(() => queue.hasResult || !queue.isBusy);
    return queue.takeResult();
  }

  /**
   * Waits for the call that is running and gives the thread back. Calls that have not begun are not
   * made; their promises reject. A result that was not read can still be read.
   */
  close(): Promise<void> {
    abandoned.unregister(this);
    return this.#queue.close();
  }

  /** As `close`, and blocks this thread until the call that is running has ended. */
  closeSync(): void {
    void this.close();
    this.#queue.waitUntil(() => !this.#queue.isBusy);
  }

  /** Ends the thread at once, whatever it is doing. The running call fails with a BgException. */
  terminate(): void {
    abandoned.unregister(this);
    this.#queue.terminate();
  }

  /** `close()`, for `using`; nothing is waited for. */
  [Symbol.dispose](): void {
    void this.close();
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #invoke(args: A, caller: CallSite): Invocation<Awaited<R>> {
    if (this.#queue.isClosed) {
      throw new ThreadsClosedError('the BgThread is closed', 'make a new one to call more');
    }
    return this.#queue.add(new Invocation<Awaited<R>>(args, caller, this.#queue.waitUntil));
  }
}

/** The thread of an object that is gone is given back when its calls have ended. */
const abandoned = new FinalizationRegistry<{ abandon(): void }>((queue) => queue.abandon());
