import type { CallSite } from '../lane/call-site.ts';
import { laneClient } from '../lane/lane-client.ts';
import type { AnyFunction } from '../lane/thread-task.ts';
import { poolContext } from '../pool-context.ts';
import { BgException, callSite } from './bg-exception.ts';
import { type CallOutcome, PooledCall } from './pooled-call.ts';
import { carryThreadFunction, type ThreadFunction } from './thread-function.ts';

/**
 * Runs a function once, on a pooled native thread, from now on.
 *
 * A function that fails although nobody has asked for `result` is logged as an error.
 *
 * @example
 * ```ts
 * import { BgInvoke } from 'backbeat';
 * const slowCount = (times: number) => {
 *   let count = 0;
 *   for (let i = 0; i < times; i++) count++;
 *   return count;
 * };
 * const invocation = new BgInvoke(slowCount, 100_000_000);
 * console.log(invocation.isRunning()); // true
 * console.log(await invocation.result); // 100000000
 * ```
 */
export class BgInvoke<A extends readonly unknown[], R> {
  readonly #name: string;
  readonly #caller: CallSite;
  #outcome: CallOutcome<Awaited<R>> | undefined;
  #waiting: ((outcome: CallOutcome<Awaited<R>>) => void)[] = [];

  /**
   * @param target - Carried with what it captured, or a task.
   * @param args - Its arguments. They are copied.
   * @throws CaptureError `BACKBEAT_CAPTURE`, UncloneableError `BACKBEAT_UNCLONEABLE`.
   */
  constructor(target: ThreadFunction<A, R>, ...args: A) {
    laneClient().warm();
    this.#caller = callSite(BgInvoke as unknown as AnyFunction);
    const carried = carryThreadFunction(target, 'target');
    this.#name = carried.name;
    new PooledCall(
      carried,
      args,
      (outcome) => this.#end(outcome as CallOutcome<Awaited<R>>),
      this.#caller,
    );
  }

  /** True until the function has ended: while it waits for a thread, too. */
  isRunning(): boolean {
    return this.#outcome === undefined;
  }

  /**
   * What the function returns, or the promise that it returns comes to. Can be read any number of
   * times. Rejects with a new BgException `BACKBEAT_BG_EXCEPTION` each time when the function failed.
   */
  get result(): Promise<Awaited<R>> {
    if (this.#outcome !== undefined) return settled(() => this.#take());
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => settled(() => this.#take()).then(resolve, reject));
    });
  }

  /**
   * Blocks this thread until the function has ended.
   *
   * @returns What it returned.
   * @throws BgException `BACKBEAT_BG_EXCEPTION` when it failed.
   */
  resultSync(): Awaited<R> {
    // Whoever waits learns of a failure: it need not be logged.
    this.#waiting.push(() => undefined);
    laneClient().waitUntil(() => this.#outcome !== undefined);
    return this.#take();
  }

  #take(): Awaited<R> {
    const outcome = this.#outcome as CallOutcome<Awaited<R>>;
    if (outcome.is === 'done') return outcome.value;
    throw raisedInBackground(outcome.error, this.#caller);
  }

  #end(outcome: CallOutcome<Awaited<R>>): void {
    this.#outcome = outcome;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell(outcome);
    if (outcome.is === 'failed' && waiting.length === 0) {
      poolContext.log.jobFailed(this.#name, outcome.error);
    }
  }
}

/** The error that a caller gets for one of its function. */
export function raisedInBackground(error: unknown, caller: CallSite | undefined): BgException {
  return new BgException('Exception raised in background thread', error, { caller });
}

async function settled<R>(take: () => R): Promise<R> {
  return take();
}
