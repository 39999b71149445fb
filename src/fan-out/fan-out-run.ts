/**
 * A fan-out under way, in the isolate that asked for it: leases the threads, hears from them, stops
 * them, and takes new ones for those that were lost.
 */
import { threadId } from 'node:worker_threads';
import { ThreadLostError } from '../errors.ts';
import { clearTimeoutAtLoad, setTimeoutAtLoad } from '../host-at-load.ts';
import type { CarriedFunction } from '../lane/carried-function.ts';
import { laneClient } from '../lane/lane-client.ts';
import { threadSettings } from '../lane/thread-settings.ts';
import type { Logger } from '../pool-log.ts';
import { JobRange } from './job-range.ts';
import type { OnFailure } from './range-driver.ts';
import type { RangeMessage, ResultRun } from './range-report.ts';
import { RangeSeat, type SharedSetup } from './range-seat.ts';

/** What a fan-out is made from. */
export interface RunPlan {
  readonly carried: CarriedFunction;
  readonly numJobs: number;
  readonly numThreads: number;
  readonly args: readonly unknown[];
  readonly passLogger: boolean;
  readonly logger: Logger;
  readonly onFailure: OnFailure;
  readonly gatherMs: number;
  /** Ids from here on wait for `raiseLimit`. */
  readonly limit: number;
}

/** Who is told how it goes. */
export interface RunListener {
  onRun(run: ResultRun): void;
  /** Nothing runs any more. With an error when it could not go on. */
  onEnd(failure: { readonly error: unknown } | undefined): void;
}

/** Threads that are tried for one place. */
const MOST_ATTEMPTS = 3;
let runs = 0;

/** See the head of the file. */
export class FanOutRun {
  readonly range: JobRange;
  readonly #plan: RunPlan;
  readonly #listener: RunListener;
  readonly #setup: SharedSetup;
  readonly #seats: RangeSeat[] = [];
  readonly #onMessage = (message: RangeMessage): void => this.#hear(message);
  readonly #onSeatEnd = (seat: RangeSeat): void => this.#seatEnded(seat);
  #failure: { readonly error: unknown } | undefined;
  #grace: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(plan: RunPlan, listener: RunListener) {
    this.#plan = plan;
    this.#listener = listener;
    const { carried, numJobs, args, passLogger, onFailure, gatherMs } = plan;
    const threads = Math.min(plan.numThreads, numJobs);
    this.range = JobRange.create(numJobs, threads, plan.limit);
    this.#setup = {
      key: `${process.pid}.${threadId}.${runs++}`,
      buffer: this.range.buffer,
      definitionNumber: laneClient().definitions.numberOf(carried),
      definition: carried.definition,
      args,
      passLogger,
      onFailure,
      gatherMs,
    };
    try {
      for (let thread = 0; thread < threads; thread++) this.#seats.push(this.#newSeat(thread));
    } catch (error) {
      // An argument that cannot be cloned: no thread was given anything.
      for (const seat of this.#seats) seat.leave();
      throw error;
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Lets ids below `limit` run. */
  raiseLimit(limit: number): void {
    this.range.raiseLimit(limit);
    for (const seat of this.#seats) {
      // One whose end was not noticed yet goes on when it is.
      if (seat.isIdle && seat.isNoticed) this.#resume(seat);
    }
  }

  /**
   * Starts no job above `id` and tells those that run to stop. A thread that goes on beyond the
   * grace time is ended. The listener's `onEnd` comes when nothing runs any more.
   */
  stopAbove(id: number): void {
    if (this.#hasEnded) return;
    this.range.stopAbove(id);
    const toStop = this.#seats.filter(({ thread }) => id < 0 || this.range.lastTaken(thread) > id);
    for (const seat of toStop) seat.stop();
    this.#grace ??= setTimeoutAtLoad(() => {
      for (const seat of toStop) if (!seat.isIdle) seat.terminate();
    }, threadSettings.graceMs);
    this.#endIfIdle();
  }

  /** Blocks this thread until nothing runs any more. */
  waitForEnd(): void {
    while (!this.#hasEnded) {
      laneClient().waitUntil(() => this.#seats.some((seat) => seat.isIdle && !seat.isNoticed));
      for (const seat of this.#seats) this.#seatEnded(seat);
    }
  }

  #newSeat(thread: number): RangeSeat {
    for (let attempt = 1; ; attempt++) {
      try {
        return new RangeSeat(thread, this.#setup, this.#onMessage, this.#onSeatEnd);
      } catch (error) {
        // A thread may end while it has nothing to do; the next one is another.
        if (!(error instanceof ThreadLostError) || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  #resume(seat: RangeSeat): void {
    try {
      seat.resume(this.#onSeatEnd);
    } catch (error) {
      if (!(error instanceof ThreadLostError)) throw error;
      this.#seats[seat.thread] = this.#newSeat(seat.thread);
    }
  }

  #hear(message: RangeMessage): void {
    if (this.#hasEnded) return;
    try {
      if ('level' in message) this.#plan.logger(message.level, message.text);
      else for (const run of message.runs) this.#take(run);
    } catch (error) {
      // A logger or a listener of the caller's has failed: the caller learns of it by the result.
      this.#failure ??= { error };
      this.stopAbove(-1);
    }
  }

  #take(run: ResultRun): void {
    this.#listener.onRun(run);
    const { onFailure } = this.#plan;
    if (run.is !== 'failure' || onFailure === 'go-on') return;
    this.stopAbove(onFailure === 'stop' ? -1 : run.firstId);
  }

  #seatEnded(seat: RangeSeat): void {
    if (this.#hasEnded || !seat.notice()) return;
    seat.drain();
    const { failure } = seat;
    if (failure === undefined) this.#goOn(seat);
    else if (failure.error instanceof ThreadLostError) this.#replace(seat, failure.error);
    else {
      this.#failure ??= failure;
      this.stopAbove(-1);
    }
    this.#endIfIdle();
  }

  /** The limit may have been raised between the end of the work and now. */
  #goOn(seat: RangeSeat): void {
    const { range } = this;
    if (!range.isExhausted && range.hasClaimable) this.#resume(seat);
  }

  /** The job that ran on a lost thread has failed, and so have those whose results went with it. */
  #replace(seat: RangeSeat, error: ThreadLostError): void {
    const { range } = this;
    const { thread } = seat;
    const first = range.lastSent(thread) + 1;
    const last = range.lastTaken(thread);
    // One that was told to stop and did not was ended by us.
    if (!range.mayStart(first)) return;
    if (first > last && !seat.hasReported) {
      this.#failure ??= { error };
      this.stopAbove(-1);
      return;
    }
    for (let firstId = first; firstId <= last; firstId++) {
      this.#take({ is: 'failure', firstId, error, isDecoded: true });
    }
    if (!range.mayStart(last + 1)) return;
    seat.leave();
    this.#seats[thread] = this.#newSeat(thread);
  }

  #endIfIdle(): void {
    if (this.#hasEnded || !this.range.isExhausted) return;
    if (!this.#seats.every((seat) => seat.isIdle && seat.isNoticed)) return;
    this.#hasEnded = true;
    clearTimeoutAtLoad(this.#grace);
    for (const seat of this.#seats) seat.leave();
    this.#listener.onEnd(this.#failure);
  }
}
