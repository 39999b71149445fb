import type { Transferable } from 'node:worker_threads';
import type { Items, SourceFunction } from './background-generator.ts';
import { InvalidArgumentError } from './errors.ts';
import { AlreadyIteratedError, NotStartedError } from './generator/generator-errors.ts';
import { type Audience, readBlocking, readInLoop } from './generator/item-reader.ts';
import type { ItemSource } from './generator/item-source.ts';
import { LoopProduction } from './generator/loop-production.ts';
import { Production } from './generator/production.ts';
import type { RunRecord } from './generator/thread-run.ts';
import { type CarriedFunction, carry } from './lane/carried-function.ts';
import { ThreadTask } from './lane/thread-task.ts';
import { checkOptionNames } from './option-names.ts';
import { poolContext } from './pool-context.ts';

/** Options of {@link SpawnedGenerator}. */
export interface SpawnedGeneratorOptions {
  /** Arguments of a generator function. They are copied. Default: none. */
  readonly args?: readonly unknown[] | undefined;
  /** Values of the variables that the function uses, by name; its closure is then not read. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined;
  /** What is moved and not copied of the arguments. */
  readonly transfer?: readonly Transferable[] | undefined;
}

const OPTIONS: ReadonlySet<string> = new Set(['args', 'captures', 'transfer']);
const MOST_QUEUE_SIZE = 1 << 24;

/**
 * Iterates something in a native thread of its own: the loop gets items while the next ones are
 * being made. It can be iterated once, with `for await` or with a loop that blocks.
 *
 * A generator function, or any function that returns something iterable, runs on the thread. An
 * iterable object, also a generator that was called already, belongs to this thread and cannot go to
 * another: the event loop reads it ahead, one item per turn, and a loop that blocks reads it as it
 * goes.
 *
 * Nothing runs before the first item is asked for. It does not keep the process alive; whoever waits
 * for an item does. Leaving the loop early ends the source, whose `finally` runs.
 *
 * @example
 * ```ts
 * import { SpawnedGenerator } from 'backbeat';
 * function* countdown(from: number) {
 *   for (let n = from; n > 0; n--) yield n;
 * }
 * const spawned = new SpawnedGenerator(countdown, 2, { args: [3] });
 * for await (const n of spawned) console.log(n); // 3, 2, 1
 * ```
 */
export class SpawnedGenerator<T = unknown> implements AsyncIterable<T>, Iterable<T> {
  /** What is iterated. */
  readonly iterable: SourceFunction<T> | ThreadTask<SourceFunction<T>> | Items<T>;
  /** Items that may wait, beside one in hand; zero or less is no limit. */
  readonly queueSize: number;
  readonly #task: CarriedFunction | undefined;
  readonly #options: SpawnedGeneratorOptions;
  readonly #audience: Audience = { readers: 0, hasLeft: false, onChange: () => undefined };
  #source: ItemSource<T> | undefined;
  #isIterated = false;
  #stopRequested = false;

  /**
   * @param iterable - What gives the items: a function or a task, which goes to a thread, or an
   *   iterable, which does not. Something that cannot be iterated is an error of the first item.
   * @param queueSize - Items that may wait, beside one in hand; zero or less is no limit. Default: 0.
   * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT`, CaptureError `BACKBEAT_CAPTURE`.
   */
  constructor(
    iterable: SourceFunction<T> | ThreadTask<SourceFunction<T>> | Items<T>,
    queueSize = 0,
    options: SpawnedGeneratorOptions = {},
  ) {
    if (!Number.isInteger(queueSize) || queueSize > MOST_QUEUE_SIZE) {
      const expected = `a whole number up to ${MOST_QUEUE_SIZE}`;
      throw new InvalidArgumentError('queueSize', queueSize, expected);
    }
    checkOptionNames(options, OPTIONS);
    const { args, captures } = options;
    if (args !== undefined && !Array.isArray(args)) {
      throw new InvalidArgumentError('args', args, 'an array');
    }
    this.iterable = iterable;
    this.queueSize = queueSize;
    this.#options = options;
    if (typeof iterable === 'function' || iterable instanceof ThreadTask) {
      this.#task = carry(iterable, captures);
    }
  }

  /** Whether `stop()` was called. */
  get stopRequested(): boolean {
    return this.#stopRequested;
  }

  /**
   * Asks for no more items. The one in work, and those that wait, are still delivered; then the
   * iteration ends and the source is closed. Before the iteration: nothing runs at all.
   */
  stop(): void {
    this.#stopRequested = true;
    this.#source?.requestStop();
  }

  /**
   * Starts now instead of with the first item, which need not be called.
   *
   * @returns A promise that settles when the source has ended, as soon as its items have been read
   *   or have room. It never rejects: an error comes to the reader.
   */
  run(): Promise<void> {
    const source = this.#start();
    source.begin?.();
    return source.whenOver();
  }

  /**
   * The items, for `for await`.
   *
   * @throws AlreadyIteratedError `BACKBEAT_ALREADY_ITERATED`, with the first item.
   */
  execute(): AsyncIterableIterator<T, undefined> {
    return readInLoop(() => this.#claim(), this.#audience);
  }

  /**
   * The items, for a loop that blocks its thread while it waits.
   *
   * @throws AlreadyIteratedError `BACKBEAT_ALREADY_ITERATED`, and AsyncIterableError
   *   `BACKBEAT_ASYNC_ITERABLE` when the items need this thread's event loop; with the first item.
   */
  executeSync(): IterableIterator<T, undefined> {
    return readBlocking(() => this.#claim(), this.#audience);
  }

  /** As {@link SpawnedGenerator.execute}. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.execute();
  }

  /** As {@link SpawnedGenerator.executeSync}. */
  [Symbol.iterator](): IterableIterator<T, undefined> {
    return this.executeSync();
  }

  /** True from the start until the source has ended. */
  isAlive(): boolean {
    return this.#source?.isAlive() ?? false;
  }

  /**
   * Waits until the source has ended. Items that nobody takes meanwhile are kept in memory, however
   * many there are. An error of the source comes to the reader, not here.
   *
   * @throws NotStartedError `BACKBEAT_NOT_STARTED` before the first item was asked for.
   */
  async join(): Promise<void> {
    await this.#started().drain();
  }

  /** As `join`, blocking this thread. */
  joinSync(): void {
    this.#started().drainSync();
  }

  /** Ends the source, if it was started; what was not read is dropped. */
  [Symbol.dispose](): void {
    this.#stopRequested = true;
    this.#source?.leave();
  }

  /** As `[Symbol.dispose]`, and waits until the thread has been given back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.#source?.whenOver();
  }

  #claim(): ItemSource<T> {
    if (this.#isIterated) throw new AlreadyIteratedError();
    this.#isIterated = true;
    return this.#start();
  }

  #started(): ItemSource<T> {
    if (this.#source === undefined) throw new NotStartedError();
    return this.#source;
  }

  #start(): ItemSource<T> {
    if (this.#source !== undefined) return this.#source;
    if (this.#stopRequested) this.#source = new LoopProduction<T>([], 0);
    else if (this.#task === undefined) {
      this.#source = new LoopProduction<T>(this.iterable, this.queueSize);
    } else this.#source = this.#startThread(this.#task);
    return this.#source;
  }

  #startThread(task: CarriedFunction): ItemSource<T> {
    const { args = [], transfer = [] } = this.#options;
    const { queueSize: ahead } = this;
    const plan = { name: task.name, task, args, transfer, ahead, isFailFast: false };
    const audience = this.#audience;
    return new Production<T>(plan, (record) => noteEnd(audience, record));
  }
}

function noteEnd({ readers }: Audience, { name, failure }: RunRecord): void {
  if (failure !== undefined && readers === 0) poolContext.log.threadFailed(name, failure.error);
}
