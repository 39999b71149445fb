import type { Transferable } from 'node:worker_threads';
import { InvalidArgumentError } from './errors.ts';
import { GeneratorRunningError } from './generator/generator-errors.ts';
import { type Audience, readBlocking, readInLoop } from './generator/item-reader.ts';
import type { ItemSource } from './generator/item-source.ts';
import { Production } from './generator/production.ts';
import type { RunRecord, ThreadRun } from './generator/thread-run.ts';
import type { ThreadTask } from './lane/thread-task.ts';
import { MultiThread } from './multi-thread.ts';
import { checkOptionNames } from './option-names.ts';

/** What can be iterated, one way or the other. */
export type Items<T> = Iterable<T> | AsyncIterable<T> | Iterator<T> | AsyncIterator<T>;

/** A function that gives items: a generator function, or one that returns something iterable. */
// biome-ignore lint/suspicious/noExplicitAny: parameters of a function type are contravariant
export type SourceFunction<T> = (...args: any[]) => Items<T> | PromiseLike<Items<T>>;

/** Options of {@link BackgroundGenerator}. */
export interface BackgroundGeneratorOptions {
  /** Items that are made ahead and wait, beside one in hand. Zero or less: no limit. Default: 1. */
  readonly prefetch?: number | null | undefined;
  /** Name, for the log. Default: the name of the function with the first free number. */
  readonly name?: string | null | undefined;
  /** Arguments of the function. They are copied. Default: none. */
  readonly args?: readonly unknown[] | null | undefined;
  /** Arguments by name: they come as one object behind the others. Default: none. */
  readonly kwargs?: Readonly<Record<string, unknown>> | null | undefined;
  /** An error is thrown as soon as it is known, not after the items made before it. Default: false. */
  readonly failFast?: boolean | undefined;
  /** Values of the variables that the function uses, by name; its closure is then not read. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined;
  /** What is moved and not copied of the arguments. Such a generator runs once. */
  readonly transfer?: readonly Transferable[] | undefined;
}

const OPTIONS: ReadonlySet<string> = new Set([
  'prefetch',
  'name',
  'args',
  'kwargs',
  'failFast',
  'captures',
  'transfer',
]);
const MOST_PREFETCH = 1 << 24;

/**
 * Runs a generator on a native thread, some items ahead of who reads them.
 *
 * The thread starts at once. With a `prefetch` of N it is N + 1 items ahead: N wait, one more is made
 * and waits for a place. Items come in order and are copies; everything that can be cloned can be an
 * item. An error is thrown behind the items that were made before it. All readers share the items,
 * and each comes to the end. When the last reader leaves early, the generator is ended at its
 * `yield`, its `finally` runs on the thread, and the thread is given back; a generator that computes
 * for long between two items can look at `jobSignal()`.
 *
 * It does not keep the process alive; whoever waits for an item or in `join()` does.
 *
 * @example
 * ```ts
 * import { BackgroundGenerator } from 'backbeat';
 * function* squares(count: number) {
 *   for (let n = 0; n < count; n++) yield n * n;
 * }
 * const generator = new BackgroundGenerator(squares, { prefetch: 4, args: [3] });
 * for await (const square of generator.iterator()) console.log(square); // 0, 1, 4
 * await generator.join();
 * ```
 */
export class BackgroundGenerator<T = unknown> extends MultiThread {
  /** Items that are made ahead and wait; zero or less is no limit. */
  readonly prefetch: number;
  readonly #isFailFast: boolean;
  readonly #audience: Audience = {
    readers: 0,
    hasLeft: false,
    onChange: (change) => this.listen(change),
  };
  #production: Production<T> | undefined;

  /**
   * @param generator - A generator function, asynchronous or not, a function that returns something
   *   iterable or a promise of it, or a task.
   * @param prefetch - Items that are made ahead and wait; or all options.
   * @param name - Name, for the log; or the other options.
   * @param args - Arguments of the function.
   * @param kwargs - Arguments by name: they come as one object behind the others.
   * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT`, CaptureError `BACKBEAT_CAPTURE` and
   *   UncloneableError `BACKBEAT_UNCLONEABLE`. What the generator throws comes to its readers.
   */
  constructor(
    generator: SourceFunction<T> | ThreadTask<SourceFunction<T>>,
    prefetch?: number | null | BackgroundGeneratorOptions,
    name?: string | null | BackgroundGeneratorOptions,
    args?: readonly unknown[] | null,
    kwargs?: Readonly<Record<string, unknown>> | null,
  ) {
    const options = readOptions(prefetch, name, args, kwargs);
    const given = [...(options.args ?? []), ...(options.kwargs ? [options.kwargs] : [])];
    const { captures, transfer } = options;
    super(generator, ...given, { threadCount: 1, name: options.name, captures, transfer });
    this.prefetch = options.prefetch ?? 1;
    this.#isFailFast = options.failFast ?? false;
    this.start();
  }

  /**
   * Starts a further pass, once the one before has ended. Items of it that nobody has read come first.
   *
   * @throws GeneratorRunningError `BACKBEAT_GENERATOR_RUNNING` while it is running.
   */
  override start(): void {
    if (this.isAlive()) throw new GeneratorRunningError(this.name);
    super.start();
  }

  /**
   * Waits until the generator has ended. Items that nobody takes meanwhile are kept in memory,
   * however many there are, and can be read afterwards.
   *
   * @throws what the generator has thrown.
   */
  override join(): Promise<void> {
    return super.join();
  }

  /** The items, for `for await`. Leaving the loop early ends the generator. */
  iterator(): AsyncIterableIterator<T, undefined> {
    return readInLoop(() => this.#source(), this.#audience);
  }

  /** The items, for a loop that blocks its thread while it waits. */
  iteratorSync(): IterableIterator<T, undefined> {
    return readBlocking(() => this.#source(), this.#audience);
  }

  /** As {@link BackgroundGenerator.iterator}. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.iterator();
  }

  /** Ends the generator, if it is running; what was not read is dropped. */
  [Symbol.dispose](): void {
    this.#production?.leave();
  }

  /** As `[Symbol.dispose]`, and waits until the thread has been given back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#production?.leave();
    await this.#production?.whenOver();
  }

  /** @internal */
  protected override launch(name: string, onOver: (record: RunRecord) => void): ThreadRun {
    const { task, args, transfer, prefetch: ahead } = this;
    const plan = { name, task, args, transfer, ahead, isFailFast: this.#isFailFast };
    this.#production = new Production<T>(plan, onOver, this.#production?.takeKept());
    return this.#production.run;
  }

  /** @internal */
  protected override async waitFor(): Promise<void> {
    await this.#production?.drain();
  }

  /** @internal */
  protected override waitForSync(): void {
    this.#production?.drainSync();
  }

  #source(): ItemSource<T> {
    return this.#production as Production<T>;
  }
}

function readOptions(
  prefetch: number | null | BackgroundGeneratorOptions | undefined,
  name: string | null | BackgroundGeneratorOptions | undefined,
  args: readonly unknown[] | null | undefined,
  kwargs: Readonly<Record<string, unknown>> | null | undefined,
): BackgroundGeneratorOptions {
  let options: BackgroundGeneratorOptions;
  if (typeof prefetch === 'object' && prefetch !== null) options = prefetch;
  else if (typeof name === 'object' && name !== null) options = { ...name, prefetch };
  else options = { prefetch, name, args, kwargs };
  checkOptionNames(options, OPTIONS);
  checkValues(options);
  return options;
}

function checkValues({ prefetch, args, kwargs, failFast }: BackgroundGeneratorOptions): void {
  if (
    prefetch !== undefined &&
    prefetch !== null &&
    !(Number.isInteger(prefetch) && prefetch <= MOST_PREFETCH)
  ) {
    const expected = `a whole number up to ${MOST_PREFETCH}`;
    throw new InvalidArgumentError('prefetch', prefetch, expected);
  }
  if (args !== undefined && args !== null && !Array.isArray(args)) {
    throw new InvalidArgumentError('args', args, 'an array');
  }
  if (kwargs !== undefined && kwargs !== null && typeof kwargs !== 'object') {
    throw new InvalidArgumentError('kwargs', kwargs, 'an object');
  }
  if (failFast !== undefined && typeof failFast !== 'boolean') {
    throw new InvalidArgumentError('failFast', failFast, 'true or false');
  }
}
