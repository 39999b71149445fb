import { InvalidArgumentError, ThreadsClosedError } from '../errors.ts';
import { carryThreadFunction, type ThreadFunction } from '../fan-out/thread-function.ts';
import { ThreadTask } from '../lane/thread-task.ts';
import { checkOptionNames } from '../option-names.ts';
import { poolContext } from '../pool-context.ts';
import { isThenable } from '../thenable.ts';
import type { BlockingItems } from './blocking-items.ts';
import { Consumerator } from './consumerator.ts';
import { LoopItems } from './loop-items.ts';
import { OrderedItems } from './ordered-items.ts';
import { enterPool, leavePool, PoolUser } from './pool-user.ts';
import { TaskQueue } from './task-queue.ts';
import { noteReported, noteUnreported } from './unreported-failures.ts';

/** Options of an `OrderedItemProducer`. */
export interface OrderedItemProducerOptions {
  /** Limit of the pool that all pool users share. Default: it stays, at first 10. */
  readonly maxThreads?: number | undefined;
  /** Where item functions run that are thread tasks. Default: a queue of its own. */
  readonly queue?: TaskQueue | undefined;
  /** Items that may wait for the consumer's buffer, which holds as many, before `ready` waits. Default 1024. */
  readonly highWaterMark?: number | undefined;
}

/** What makes an item: a function that runs here, at once, or a task that runs on a thread. */
export type ItemFunction<A extends readonly unknown[], T> =
  | ((...args: A) => T | PromiseLike<T>)
  | ThreadTask<(...args: A) => T | PromiseLike<T>>;

/** An item function that waits because production is paused. */
interface PausedItem<T> {
  readonly make: () => Promise<T | undefined>;
  readonly number: number;
  readonly settle: (item: Promise<T | undefined> | undefined) => void;
}

const OPTION_NAMES: ReadonlySet<string> = new Set(['maxThreads', 'queue', 'highWaterMark']);
const NOTHING: Promise<undefined> = Promise.resolve(undefined);

/**
 * Lets a function that blocks iterate over items, on a thread, while they are made here by functions
 * that need not end in the order in which they were called. The iterations come in the order of the
 * calls to `produceItem`.
 *
 * A producer that was started and not stopped holds the process.
 *
 * @example
 * ```ts
 * import { OrderedItemProducer, PoolUser } from 'backbeat';
 * const producer = new OrderedItemProducer<number>();
 * await producer.start((items: Iterable<number>) => {
 *   let text = '';
 *   for (const item of items) text += item; // blocks the thread until the next item is there
 *   return text;
 * });
 * const after = (ms: number, item: number) =>
 *   new Promise<number>((resolve) => setTimeout(resolve, ms, item));
 * for (const ms of [30, 10, 20]) {
 *   await producer.ready;
 *   void producer.produceItem(after, ms, ms);
 * }
 * console.log(await producer.stop()); // 301020
 * await PoolUser.shutdown();
 * ```
 */
export class OrderedItemProducer<T = unknown> extends PoolUser {
  #i: Consumerator<T> | undefined;
  readonly #highWaterMark: number;
  readonly #items: OrderedItems<T>;
  readonly #tenant = { name: 'an OrderedItemProducer' };
  #queue: TaskQueue | undefined;
  #produce: boolean | null = true;
  #isStopping = false;
  #paused: PausedItem<T>[] = [];
  #hasStarted = false;
  #begin!: () => void;
  /** Settles when the blocking function is running, or will not run. */
  readonly #start = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });
  #consumption: Promise<unknown> | undefined;
  #onReady: (() => void)[] = [];

  /** @param options - Options, or the limit of the pool, or a queue. */
  constructor(options: OrderedItemProducerOptions | number | TaskQueue = {}) {
    super();
    const { maxThreads, queue, highWaterMark = 1024 } = readOptions(options);
    this.#queue = queue;
    this.#highWaterMark = highWaterMark;
    PoolUser.setup(maxThreads);
    this.#items = new OrderedItems({
      onMove: () => this.#itemsMoved(),
      onFailure: ({ error }, dropped) => this.#itemFailed(error, dropped?.error),
    });
  }

  /** Hands the items over to the function that `start` runs. */
  get i(): Consumerator<T> {
    // Items for a loop of this isolate need none.
    this.#i ??= new Consumerator<T>(HELD_BY_READY, { capacity: this.#highWaterMark });
    return this.#i;
  }

  /** Runs item functions that are thread tasks. Shut it down when it was made elsewhere. */
  get q(): TaskQueue {
    this.#queue ??= new TaskQueue();
    return this.#queue;
  }

  /** Number of the next item. */
  get k1(): number {
    return this.#items.asked;
  }

  /** Number of the next item to be handed over. */
  get k2(): number {
    return this.#items.delivered;
  }

  /** Items that are ready and wait for one before them, by number. */
  get itemBuffer(): ReadonlyMap<number, T> {
    return this.#items.buffer;
  }

  /** True while items are produced, false while that is paused, null once it has ended. */
  get produce(): boolean | null {
    return this.#produce;
  }

  /**
   * Settles when fewer than `highWaterMark` items wait. Await it before `produceItem` and memory stays
   * bounded however slow the consumer is.
   */
  get ready(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    return new Promise((resolve) => this.#onReady.push(resolve));
  }

  /**
   * Runs the blocking function on a thread of the pool, as `func(items, ...args)`.
   *
   * @param func - Carried with what it captured, or a task. `for (const item of items)` in it blocks.
   * @returns When it is running: later if all threads of the pool are busy.
   * @throws ThreadsClosedError `BACKBEAT_THREADS_CLOSED` (rejected) when it was started before.
   */
  start<A extends readonly unknown[], R>(
    func: ThreadFunction<[items: BlockingItems<T>, ...args: A], R>,
    ...args: A
  ): Promise<void> {
    const carried = carryThreadFunction(func, 'func');
    if (this.#consumption !== undefined) {
      return Promise.reject(startedBefore());
    }
    const { pool } = this;
    const { started, result } = this.i.consumeOn(pool, carried, args, {
      onRoom: () => this.#itemsMoved(),
      onEnd: () => this.#consumerEnded(),
    });
    this.#consumption = result;
    this.#items.open(this.i.outlet);
    enterPool(this.#tenant);
    result.catch((error) => noteUnreported(this, error));
    return started.finally(() => {
      this.#hasStarted = true;
      this.#begin();
    });
  }

  /**
   * The items in order, for a `for await` here, in place of a function on a thread: `start` is not
   * called, and no item is copied. Leaving the loop ends production.
   *
   * @throws ThreadsClosedError `BACKBEAT_THREADS_CLOSED` when it was started before.
   *
   * @example
   * ```ts
   * import { OrderedItemProducer } from 'backbeat';
   * const producer = new OrderedItemProducer<string>();
   * const items = producer[Symbol.asyncIterator]();
   * const after = (ms: number) =>
   *   new Promise<string>((resolve) => setTimeout(resolve, ms, `${ms} ms`));
   * for (const ms of [30, 10, 20]) void producer.produceItem(after, ms);
   * const stopped = producer.stop();
   * for await (const item of items) console.log(item); // 30 ms, 10 ms, 20 ms
   * await stopped;
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    if (this.#consumption !== undefined) throw startedBefore();
    const items = new LoopItems<T>(
      this.#highWaterMark,
      () => this.#itemsMoved(),
      () => this.#consumerEnded(),
    );
    this.#consumption = items.whenOver;
    this.#hasStarted = true;
    this.#begin();
    this.#items.open(items);
    return items;
  }

  /**
   * Makes an item, which comes to the consumer in the order of these calls.
   *
   * @param func - Called at once as `func(...args)`, here; a thread task runs in the queue `q`. While
   *   production is paused it waits for `resumeProducing`.
   * @returns The item, when it is made and the consumer was started; undefined when it is not
   *   produced, because production has ended or an item has failed. What an item function throws ends
   *   the iterations and comes out of `stop()`.
   */
  produceItem<A extends readonly unknown[]>(
    func: ItemFunction<A, T>,
    ...args: A
  ): Promise<T | undefined> {
    if (this.#produce === null) return NOTHING;
    const number = this.#items.ask();
    if (this.#produce) return this.#make(number, func, args);
    return new Promise((resolve) => {
      const settle = (item: Promise<T | undefined> | undefined): void => resolve(item);
      const make = (): Promise<T | undefined> => this.#make(number, func, args);
      this.#paused.push({ make, number, settle });
    });
  }

  /**
   * Ends the iterations behind the items that were asked for.
   *
   * @param failure - What the returned promise is to reject with.
   * @returns What the blocking function returns. Rejects with `failure`, with what an item function
   *   threw, or with what the blocking function threw. Every later call gives undefined.
   * @throws ThreadsClosedError `BACKBEAT_THREADS_CLOSED` (rejected) before `start`.
   */
  async stop(failure?: unknown): Promise<unknown> {
    if (this.#consumption === undefined) {
      throw new ThreadsClosedError('stop() came before start()', 'start() first');
    }
    if (this.#isStopping) return undefined;
    this.#isStopping = true;
    // What was asked for while production was paused is produced.
    if (this.#produce === false) this.resumeProducing();
    this.#produce = null;
    await this.#items.whenDone();
    this.#items.end();
    try {
      return await this.#outcome(this.#consumption, failure);
    } finally {
      noteReported(this);
      leavePool(this.#tenant);
    }
  }

  /** Ends production for good: later calls of `produceItem` do nothing. `stop` ends the consumer. */
  stopProducing(): void {
    this.#produce = null;
    for (const { number, settle } of this.#paused.splice(0)) {
      this.#items.skip(number);
      settle(undefined);
    }
  }

  /** From now on item functions are not called and items not handed over, until `resumeProducing`. */
  pauseProducing(): void {
    if (this.#produce !== true) return;
    this.#produce = false;
    this.#items.isHeld = true;
  }

  /** Calls the item functions that waited, and hands over what was held back. */
  resumeProducing(): void {
    if (this.#produce !== false) return;
    this.#produce = true;
    for (const { make, settle } of this.#paused.splice(0)) settle(make());
    this.#items.isHeld = false;
  }

  get #isReady(): boolean {
    return (
      this.#produce === null || this.#items.undelivered + this.#items.held < this.#highWaterMark
    );
  }

  #make<A extends readonly unknown[]>(
    number: number,
    func: ItemFunction<A, T>,
    args: A,
  ): Promise<T | undefined> {
    let item: unknown;
    try {
      item = func instanceof ThreadTask ? this.q.call(func, ...args) : func(...args);
    } catch (error) {
      this.#items.fail(number, error);
      return NOTHING;
    }
    if (isThenable(item)) {
      return Promise.resolve(item as PromiseLike<T>).then(
        (made) => this.#made(number, made),
        (error) => {
          this.#items.fail(number, error);
          return undefined;
        },
      );
    }
    const made = this.#made(number, item as T);
    return made instanceof Promise ? made : Promise.resolve(made);
  }

  /** What the caller learns: the item, once the consumer was started. */
  #made(number: number, item: T): T | Promise<T> | undefined {
    if (!this.#items.add(number, item)) return undefined;
    return this.#hasStarted ? item : this.#start.then(() => item);
  }

  #itemFailed(error: unknown, dropped: unknown): void {
    if (dropped === undefined) noteUnreported(this, error);
    else poolContext.log.jobFailed('an item function', dropped);
    this.stopProducing();
    this.#itemsMoved();
  }

  #consumerEnded(): void {
    this.#items.endEarly();
    this.stopProducing();
    this.#itemsMoved();
  }

  #itemsMoved(): void {
    if (this.#onReady.length === 0 || !this.#isReady) return;
    for (const tell of this.#onReady.splice(0)) tell();
  }

  async #outcome(consumption: Promise<unknown>, failure: unknown): Promise<unknown> {
    const itemFailure = this.#items.failure;
    let value: unknown;
    let consumerFailure: { readonly error: unknown } | undefined;
    try {
      value = await consumption;
    } catch (error) {
      consumerFailure = { error };
    }
    const failures = [
      failure === undefined ? undefined : { error: failure },
      itemFailure,
      consumerFailure,
    ].filter((one) => one !== undefined);
    const [first, ...others] = failures;
    for (const { error } of others) poolContext.log.jobFailed('OrderedItemProducer', error);
    if (first !== undefined) throw first.error;
    return value;
  }
}

function startedBefore(): ThreadsClosedError {
  return new ThreadsClosedError('it was started before', 'make a new OrderedItemProducer');
}

/** The producer's own `ready` tells of a full buffer; item functions are not held up by it. */
const HELD_BY_READY = {
  pauseProducing(): void {},
  resumeProducing(): void {},
  stopProducing(): void {},
};

function readOptions(
  options: OrderedItemProducerOptions | number | TaskQueue,
): OrderedItemProducerOptions {
  if (typeof options === 'number') return { maxThreads: options };
  if (options instanceof TaskQueue) return { queue: options };
  checkOptionNames(options, OPTION_NAMES);
  const { queue, highWaterMark = 1 } = options;
  if (queue !== undefined && !(queue instanceof TaskQueue)) {
    throw new InvalidArgumentError('queue', queue, 'a TaskQueue');
  }
  if (!Number.isInteger(highWaterMark) || highWaterMark < 1) {
    throw new InvalidArgumentError('highWaterMark', highWaterMark, 'a whole number of at least 1');
  }
  return options;
}
