import type { Transferable } from 'node:worker_threads';
import { InvalidArgumentError } from './errors.ts';
import { ThreadName } from './generator/thread-names.ts';
import { type RunRecord, ThreadRun } from './generator/thread-run.ts';
import { type CarriedFunction, carry } from './lane/carried-function.ts';
import { type AnyFunction, ThreadTask } from './lane/thread-task.ts';
import { checkOptionNames } from './option-names.ts';
import { poolContext } from './pool-context.ts';

/** Options of {@link MultiThread}, behind the arguments of its function. */
export interface MultiThreadOptions {
  /** How many threads run the function. Default: 1. */
  readonly threadCount?: number | undefined;
  /** Name, for the log. Default: the name of the function with the first free number. */
  readonly name?: string | null | undefined;
  /** Values of the variables that the function uses, by name; its closure is then not read. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined;
  /** What is moved and not copied of the arguments; only for one thread. */
  readonly transfer?: readonly Transferable[] | undefined;
}

const OPTIONS: ReadonlySet<string> = new Set(['threadCount', 'name', 'captures', 'transfer']);
const MOST_THREADS = 1024;

/** What the ends of runs need of their object. It must not keep the object alive. */
interface Ledger {
  readonly name: ThreadName;
  /** What runs have failed with, in the order in which it became known. */
  readonly errors: unknown[];
  /** Those who wait and will be told. */
  listeners: number;
}

const abandoned = new FinalizationRegistry<ThreadName>((name) => name.end());

/**
 * Runs a function on several native threads at once.
 *
 * The threads are daemons: they do not keep the process alive, whoever waits in `join()` does.
 * Errors belong to the object; one that nobody is waiting for is logged.
 *
 * @example
 * ```ts
 * import { MultiThread } from 'backbeat';
 * const counts = new Int32Array(new SharedArrayBuffer(4));
 * const threads = new MultiThread((n: number) => Atomics.add(counts, 0, n), 5, { threadCount: 3 });
 * threads.start();
 * await threads.join();
 * console.log(counts[0]); // 15
 * ```
 */
export class MultiThread {
  /** Always true: the threads do not keep the process alive. */
  readonly daemon = true;
  /** How many threads run the function. */
  readonly threadCount: number;
  /** @internal */
  protected readonly task: CarriedFunction;
  /** @internal */
  protected readonly args: readonly unknown[];
  /** @internal */
  protected readonly transfer: readonly Transferable[];
  readonly #ledger: Ledger;
  #runs: ThreadRun[] = [];
  /** They have been waited for, so the next start is a new pass. */
  #wasJoined = false;

  /**
   * @param target - A function, or a task. It runs once on each thread.
   * @param rest - Its arguments, which are copied, and behind them the options. An object counts as
   *   options when all its names are those of options.
   * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT`, CaptureError `BACKBEAT_CAPTURE`.
   */
  constructor(target: AnyFunction | ThreadTask, ...rest: readonly unknown[]) {
    if (typeof target !== 'function' && !(target instanceof ThreadTask)) {
      throw new InvalidArgumentError('target', target, 'a function or a task');
    }
    const { args, options } = splitOptions(rest);
    const { threadCount = 1, name, captures, transfer = [] } = options;
    if (!Number.isInteger(threadCount) || threadCount < 1 || threadCount > MOST_THREADS) {
      const expected = `a whole number from 1 to ${MOST_THREADS}`;
      throw new InvalidArgumentError('threadCount', threadCount, expected);
    }
    if (name !== undefined && name !== null && typeof name !== 'string') {
      throw new InvalidArgumentError('name', name, 'a string');
    }
    if (threadCount > 1 && transfer.length > 0) {
      throw new InvalidArgumentError('transfer', transfer, 'absent with several threads');
    }
    this.task = carry(target, captures);
    this.threadCount = threadCount;
    this.args = args;
    this.transfer = transfer;
    const threadName = name ? new ThreadName(name, false) : new ThreadName(this.task.name, true);
    this.#ledger = { name: threadName, errors: [], listeners: 0 };
    abandoned.register(this, threadName, this);
    poolContext.log.threads(
      () => `Initialized ${this.constructor.name}: ${this.name}, threads: ${threadCount}`,
    );
  }

  /** The name given, made unique, or made of the function's. Free again when the threads have ended. */
  get name(): string {
    return this.#ledger.name.text;
  }

  /** Names of the threads started and not joined: the own name, with a number if there are several. */
  get threadNames(): string[] {
    return this.#runs.map(({ record }) => record.name);
  }

  /** What threads have failed with, in the order in which it became known. Empty after a join. */
  get errors(): unknown[] {
    this.#look();
    return [...this.#ledger.errors];
  }

  /** Whether a thread has failed. */
  get hasError(): boolean {
    this.#look();
    return this.#ledger.errors.length > 0;
  }

  /**
   * Throws the first error of a thread, if there is one. It stays recorded.
   *
   * @throws what the thread's function has thrown.
   */
  checkAndRaiseError(): void {
    this.#look();
    if (this.#ledger.errors.length > 0) throw this.#ledger.errors[0];
  }

  /** True when no thread is running: before the start, too. */
  completed(): boolean {
    const isCompleted = !this.isAlive();
    poolContext.log.threads(() => `Completed ${this.name}: ${isCompleted}`);
    return isCompleted;
  }

  /** True while a thread is running. */
  isAlive(): boolean {
    this.#look();
    return this.#runs.some(({ record }) => !record.isOver);
  }

  /** Starts the threads. When some are running, others are started beside them. */
  start(): void {
    const { log } = poolContext;
    log.threads(() => `Starting threads: ${this.name}`);
    abandoned.unregister(this);
    if (this.#wasJoined && !this.isAlive()) this.#forget();
    this.#wasJoined = false;
    for (let index = 0; index < this.threadCount; index++) {
      const name = this.threadCount === 1 ? this.name : `${this.name}_${index}`;
      log.threads(() => `Starting thread ${index + 1} of ${this.threadCount}: ${name}`);
      this.#begin(name);
    }
    log.threads(() => `Started all threads of ${this.name}: ${this.#runs.length}`);
  }

  /**
   * Waits until all threads have ended; the process stays alive until then. On success they are
   * forgotten, and the object can be started again.
   *
   * @throws the first error of a thread, after all have ended; all are in `errors`.
   */
  async join(): Promise<void> {
    poolContext.log.threads(() => `Joining threads: ${this.name}`);
    this.#ledger.listeners++;
    try {
      for (const run of this.#runs) await this.waitFor(run);
    } finally {
      this.#ledger.listeners--;
    }
    this.#joined();
  }

  /** As `join`, blocking this thread. */
  joinSync(): void {
    poolContext.log.threads(() => `Joining threads: ${this.name}`);
    this.#ledger.listeners++;
    try {
      for (const run of this.#runs) this.waitForSync(run);
    } finally {
      this.#ledger.listeners--;
    }
    this.#joined();
  }

  /** @internal */
  protected launch(name: string, onOver: (record: RunRecord) => void): ThreadRun {
    return new ThreadRun(name, this.task, this.args, this.transfer, onOver);
  }

  /** @internal */
  protected waitFor(run: ThreadRun): Promise<void> {
    return run.whenOver();
  }

  /** @internal */
  protected waitForSync(run: ThreadRun): void {
    run.wait();
  }

  /** @internal Somebody reads who will be told of an error, or does so no longer. */
  protected listen(change: 1 | -1): void {
    this.#ledger.listeners += change;
  }

  #begin(name: string): void {
    const ledger = this.#ledger;
    ledger.name.begin();
    try {
      this.#runs.push(this.launch(name, (record) => noteEnd(ledger, record)));
    } catch (error) {
      ledger.name.end();
      throw error;
    }
  }

  #joined(): void {
    this.#wasJoined = true;
    this.checkAndRaiseError();
    if (!this.isAlive()) this.#forget();
    poolContext.log.threads(() => `Joined all threads: ${this.name}`);
  }

  #look(): void {
    for (const run of this.#runs) run.look();
  }

  #forget(): void {
    this.#runs = [];
    this.#ledger.errors.length = 0;
  }
}

function noteEnd(ledger: Ledger, { name, failure }: RunRecord): void {
  ledger.name.end();
  if (failure === undefined) return;
  ledger.errors.push(failure.error);
  if (ledger.listeners === 0) poolContext.log.threadFailed(name, failure.error);
}

function splitOptions(rest: readonly unknown[]): {
  args: readonly unknown[];
  options: MultiThreadOptions;
} {
  const last = rest.at(-1);
  if (!isOptions(last)) return { args: rest, options: {} };
  checkOptionNames(last, OPTIONS);
  return { args: rest.slice(0, -1), options: last };
}

function isOptions(value: unknown): value is MultiThreadOptions {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => OPTIONS.has(name));
}
