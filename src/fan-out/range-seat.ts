/** One thread of a fan-out, seen from the caller. */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { JobStoppedError } from '../errors.ts';
import { driverFunction } from '../lane/driver-function.ts';
import { type LeasedJob, LeasedThread } from '../lane/leased-thread.ts';
import type { RangeSetup } from './range-driver.ts';
import type { RangeMessage } from './range-report.ts';

/** What all threads of a fan-out are told. */
export type SharedSetup = Omit<RangeSetup, 'thread' | 'port'>;

const BEGIN = driverFunction('range-driver', 'begin');
const RESUME = driverFunction('range-driver', 'resume');
const END = driverFunction('range-driver', 'end');

/** See the head of the file. */
export class RangeSeat {
  readonly thread: number;
  readonly #key: string;
  readonly #lease = new LeasedThread();
  readonly #port: MessagePort;
  readonly #onMessage: (message: RangeMessage) => void;
  #job!: LeasedJob;
  #isNoticed = false;
  #hasReported = false;
  /** Stopped while its thread was coming up: its work will not begin. */
  #isCancelled = false;

  constructor(
    thread: number,
    setup: SharedSetup,
    onMessage: (message: RangeMessage) => void,
    onEnd: (seat: RangeSeat) => void,
  ) {
    this.thread = thread;
    this.#key = setup.key;
    this.#onMessage = (message) => {
      this.#hasReported = true;
      onMessage(message);
    };
    const { port1, port2: port } = new MessageChannel();
    this.#port = port1;
    port1.on('message', this.#onMessage);
    port1.unref();
    try {
      this.#job = this.#lease.run(BEGIN, [{ ...setup, thread, port }], [port]);
    } catch (error) {
      this.leave();
      throw error;
    }
    this.#watch(onEnd);
  }

  /** Nothing runs on it now. */
  get isIdle(): boolean {
    return this.#isCancelled || this.#job.outcome !== undefined;
  }

  /** The end of its work was dealt with. */
  get isNoticed(): boolean {
    return this.#isNoticed;
  }

  /** It has reported something. */
  get hasReported(): boolean {
    return this.#hasReported;
  }

  /** True when its work has ended and that was not dealt with so far: once per work. */
  notice(): boolean {
    if (this.#isNoticed || !this.isIdle) return false;
    this.#isNoticed = true;
    return true;
  }

  /** What the work failed of, when it did not end by itself. */
  get failure(): { readonly error: unknown } | undefined {
    const { outcome } = this.#job;
    return outcome !== undefined && 'error' in outcome && !hasNeverBegun(outcome.error)
      ? outcome
      : undefined;
  }

  /** Goes on after more ids may be claimed. */
  resume(onEnd: (seat: RangeSeat) => void): void {
    this.#isNoticed = false;
    this.#job = this.#lease.run(RESUME, [this.#key]);
    this.#watch(onEnd);
  }

  /** Reads what has come and was not delivered by the event loop. */
  drain(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#onMessage(received.message as RangeMessage);
    }
  }

  /** Aborts the signal of the job that is running. Nobody waits for a thread that is not up. */
  stop(): void {
    if (!this.#lease.isUp) this.#isCancelled = this.#isNoticed = true;
    this.#job.stop();
  }

  /** Ends the thread, whatever it is doing. */
  terminate(): void {
    this.#lease.terminate();
  }

  /** Gives the thread back. */
  leave(): void {
    this.#port.close();
    const outcome = this.#job?.outcome;
    if (outcome !== undefined && 'value' in outcome && outcome.value === false) {
      this.#lease.run(END, [this.#key]);
    }
    this.#lease.release();
  }

  #watch(onEnd: (seat: RangeSeat) => void): void {
    const tell = (): void => onEnd(this);
    this.#job.result.then(tell, tell);
  }
}

/** Stopped before its turn on the thread had come: the fan-out has its own reason for it. */
function hasNeverBegun(error: unknown): boolean {
  return error instanceof JobStoppedError && !error.wasRunning;
}
