/**
 * The calls of a `BgThread`: one is running, the others wait. Knows nothing of the `BgThread`, so
 * that one which nobody refers to any more can be noticed.
 */
import { ThreadLostError, ThreadsClosedError } from '../errors.ts';
import type { CallSite } from '../lane/call-site.ts';
import type { CarriedFunction } from '../lane/carried-function.ts';
import { laneClient } from '../lane/lane-client.ts';
import { type LeasedJob, LeasedThread } from '../lane/leased-thread.ts';
import { poolContext } from '../pool-context.ts';
import { type Invocation, type InvocationOutcome, takeOutcome } from './bg-invocation.ts';
import { argumentsNow } from './thread-function.ts';

interface Running<R> {
  readonly invocation: Invocation<R>;
  readonly job: LeasedJob;
}

interface Unread<R> {
  readonly outcome: InvocationOutcome<R>;
  readonly caller: CallSite;
}

interface Reader<R> {
  readonly resolve: (value: R) => void;
  readonly reject: (error: unknown) => void;
}

/** See the head of the file. */
export class CallQueue<R> {
  /** Blocks this thread; calls end and begin meanwhile. */
  readonly waitUntil = (isOver: () => boolean): void => {
    laneClient().waitUntil(() => {
      this.#advance();
      return isOver();
    });
  };
  readonly #carried: CarriedFunction;
  readonly #onEnd = (): void => this.#advance();
  readonly #waiting: Invocation<R>[] = [];
  readonly #readers: Reader<R>[] = [];
  #lease: LeasedThread | undefined = new LeasedThread();
  #running: Running<R> | undefined;
  #unread: Unread<R> | undefined;
  #isClosed = false;
  #onIdle: (() => void)[] = [];

  constructor(carried: CarriedFunction) {
    this.#carried = carried;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls are under way. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** A result was not read. */
  get hasResult(): boolean {
    return this.#unread !== undefined;
  }

  add(invocation: Invocation<R>): Invocation<R> {
    if (this.#running === undefined) this.#run(invocation);
    else {
      invocation.args = argumentsNow(invocation.args);
      this.#waiting.push(invocation);
      if (this.#waiting.length === 1) invocation.accept();
    }
    return invocation;
  }

  nextResult(): Promise<R> {
    if (this.#unread === undefined && (this.isBusy || !this.#isClosed)) {
      return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    }
    return new Promise((resolve) => resolve(this.takeResult()));
  }

  takeResult(): R {
    const unread = this.#unread;
    if (unread === undefined) throw closedError('no result is left');
    this.#unread = undefined;
    return takeOutcome(unread.outcome, unread.caller);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#drop();
    return new Promise((resolve) => {
      this.#onIdle.push(resolve);
      if (!this.isBusy) this.#idle();
    });
  }

  /** The calls that are waiting are made, then the thread is given back. */
  abandon(): void {
    this.#isClosed = true;
    if (!this.isBusy) this.#idle();
  }

  terminate(): void {
    this.#isClosed = true;
    this.#drop();
    this.#lease?.terminate();
    this.#lease = undefined;
    if (!this.isBusy) this.#idle();
  }

  #run(invocation: Invocation<R>): void {
    this.#lease ??= new LeasedThread();
    let job: LeasedJob;
    try {
      job = this.#lease.run(this.#carried, invocation.args);
    } catch (error) {
      if (!(error instanceof ThreadLostError)) throw error;
      // It ended while it had nothing to do.
      this.#lease = new LeasedThread();
      job = this.#lease.run(this.#carried, invocation.args);
    }
    this.#running = { invocation, job };
    invocation.accept();
    job.result.then(this.#onEnd, this.#onEnd);
  }

  /** Deals with a call that has ended, and begins the next. */
  #advance(): void {
    const running = this.#running;
    const ended = running?.job.outcome;
    if (running === undefined || ended === undefined) return;
    this.#running = undefined;
    if ('error' in ended && ended.error instanceof ThreadLostError) this.#lease = undefined;
    const outcome: InvocationOutcome<R> =
      'error' in ended
        ? { is: 'failed', error: ended.error }
        : { is: 'done', value: ended.value as R };
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#run(next);
      this.#waiting[0]?.accept();
    }
    this.#deliver(running.invocation, outcome);
    if (!this.isBusy) this.#idle();
  }

  #deliver(invocation: Invocation<R>, outcome: InvocationOutcome<R>): void {
    invocation.end(outcome);
    const { caller } = invocation;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      try {
        reader.resolve(takeOutcome(outcome, caller));
      } catch (error) {
        reader.reject(error);
      }
      return;
    }
    this.#unread = { outcome, caller };
    if (outcome.is === 'failed' && !invocation.isAwaited) {
      poolContext.log.jobFailed(this.#carried.name, outcome.error);
    }
  }

  #drop(): void {
    const dropped = this.#waiting.splice(0);
    const error = closedError('this call was not made');
    for (const invocation of dropped) invocation.end({ is: 'dropped', error });
    const unnoticed = dropped.filter(({ isAwaited }) => !isAwaited).length;
    if (unnoticed === 0) return;
    const calls = unnoticed === 1 ? '1 call was' : `${unnoticed} calls were`;
    poolContext.log.write('WARNING', `BgThread "${this.#carried.name}": ${calls} not made, closed`);
  }

  /** Nothing runs any more. */
  #idle(): void {
    if (!this.#isClosed) return;
    this.#lease?.release();
    this.#lease = undefined;
    for (const { reject } of this.#readers.splice(0)) reject(closedError('no result is left'));
    for (const tell of this.#onIdle.splice(0)) tell();
  }
}

function closedError(what: string): ThreadsClosedError {
  return new ThreadsClosedError(`the BgThread is closed: ${what}`, 'make a new one to call more');
}
