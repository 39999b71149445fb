import type { CarriedFunction } from '../lane/carried-function.ts';
import { laneClient } from '../lane/lane-client.ts';
import type { Logger } from '../pool-log.ts';
import { countProcessors } from '../processors.ts';
import { textOfThrown } from './bg-exception.ts';
import { raisedInBackground } from './bg-invoke.ts';
import { BusyManagers } from './busy-managers.ts';
import { defaultLog, type LoggerInput, readLogger } from './fan-out-log.ts';
import { type CallOutcome, PooledCall } from './pooled-call.ts';
import { argumentsNow, carryThreadFunction, type ThreadFunction } from './thread-function.ts';

interface Procedure {
  readonly carried: CarriedFunction;
  readonly args: readonly unknown[];
}

/**
 * Runs procedures, which are functions whose result nobody wants, on native threads: in the order
 * in which they were appended, at most `maxNumThreads` at once. One that fails is logged as a
 * warning, and the rest go on.
 *
 * Procedures that have not ended hold the process. When it is ended before them all the same, by
 * `process.exit()`, a warning says how many are lost.
 *
 * @example
 * ```ts
 * import { BgProcManager } from 'backbeat';
 * const manager = new BgProcManager((level, message) => console.log(level, message));
 * manager.appendNewProc((name: string) => console.log(`hello ${name}`), 'thread');
 * await manager.waitUntilEmpty();
 * ```
 */
export class BgProcManager {
  /** False closes the manager: procedures that are appended are dropped with a warning. */
  isAlive = true;
  readonly #logger: Logger;
  readonly #deque: Procedure[] = [];
  #running = 0;
  #onEmpty: (() => void)[] = [];

  /** @param logger - Gets the warnings. Default: the log of the pool. */
  constructor(logger?: LoggerInput) {
    this.#logger = logger === undefined ? defaultLog : readLogger(logger);
  }

  /** Most procedures that run at once: the number of processors. */
  get maxNumThreads(): number {
    return countProcessors();
  }

  /** Where the warnings go. */
  get logger(): Logger {
    return this.#logger;
  }

  /** Procedures that are running. */
  get runningThreads(): number {
    return this.#running;
  }

  /** Procedures that wait for a thread. */
  get waitingProcs(): number {
    return this.#deque.length;
  }

  /**
   * Runs a procedure as soon as it is its turn.
   *
   * @param args - Its arguments. They are copied now.
   * @throws CaptureError `BACKBEAT_CAPTURE`, UncloneableError `BACKBEAT_UNCLONEABLE`.
   */
  appendNewProc<A extends readonly unknown[]>(proc: ThreadFunction<A, unknown>, ...args: A): void {
    const carried = carryThreadFunction(proc, 'proc');
    if (!this.isAlive) {
      this.#logger('WARNING', 'Cannot append a new procedure when the manager is being closed.');
      return;
    }
    busyManagers.add(this);
    if (this.#running < this.maxNumThreads) this.#start({ carried, args });
    else this.#deque.push({ carried, args: argumentsNow(args) });
  }

  /** True when no procedure waits for a thread. */
  isDequeEmpty(): boolean {
    return this.#deque.length === 0;
  }

  /** True when no procedure is running. */
  isNoRunningThreads(): boolean {
    return this.#running === 0;
  }

  /** Settles when no procedure waits or runs. */
  waitUntilEmpty(): Promise<void> {
    if (this.#isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** As `waitUntilEmpty`, and blocks this thread. */
  waitUntilEmptySync(): void {
    laneClient().waitUntil(() => this.#isEmpty);
  }

  /** Takes no more procedures. Settles when those that it has have ended. */
  close(): Promise<void> {
    this.isAlive = false;
    return this.waitUntilEmpty();
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #isEmpty(): boolean {
    return this.#running === 0 && this.#deque.length === 0;
  }

  #start({ carried, args }: Procedure): void {
    new PooledCall(carried, args, (outcome) => this.#ended(carried.name, outcome));
    this.#running++;
  }

  #ended(name: string, outcome: CallOutcome): void {
    this.#running--;
    const next = this.#deque.shift();
    if (next !== undefined) this.#start(next);
    if (outcome.is === 'failed') this.#warn(name, outcome.error);
    if (!this.#isEmpty) return;
    busyManagers.delete(this);
    for (const tell of this.#onEmpty.splice(0)) tell();
  }

  #warn(name: string, error: unknown): void {
    const text = textOfThrown(raisedInBackground(error, { stack: '' }));
    this.#logger('WARNING', `Caught an exception from procedure ${name}:`);
    for (const line of text.trimEnd().split('\n')) this.#logger('WARNING', `  ${line}`);
  }
}

const busyManagers = new BusyManagers();

/** The manager of `bgRunProc`, which writes its warnings to the log of the pool. */
export const bgProcManager: BgProcManager = new BgProcManager();

/**
 * Runs a procedure on a native thread, after those before it; see {@link BgProcManager}.
 *
 * @param proc - A function whose result nobody wants. If it fails, that is logged as a warning.
 * @param args - Its arguments. They are copied now.
 *
 * @example
 * ```ts
 * import { bgProcManager, bgRunProc } from 'backbeat';
 * bgRunProc((text: string) => console.log(text), 'on a thread');
 * await bgProcManager.waitUntilEmpty();
 * ```
 */
export function bgRunProc<A extends readonly unknown[]>(
  proc: ThreadFunction<A, unknown>,
  ...args: A
): void {
  bgProcManager.appendNewProc(proc, ...args);
}
