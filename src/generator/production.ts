/**
 * One pass of a generator on a native thread: the channel its items come through, and its run.
 *
 * The channel ends without an error; how the generator ended is what the run says, which is over
 * right after. So an end never hides an error, whatever comes first.
 */
import type { Transferable } from 'node:worker_threads';
import { channel } from '../channel/channel.ts';
import { ChannelTimeoutError, SenderLostError } from '../channel/channel-errors.ts';
import type { Receiver } from '../channel/receiver.ts';
import type { CarriedFunction } from '../lane/carried-function.ts';
import { driverFunction } from '../lane/driver-function.ts';
import { decodeError } from '../lane/error-codec.ts';
import { ItemQueue } from './item-queue.ts';
import { DONE, type ItemSource } from './item-source.ts';
import type { ProductionEnd, ProductionOrder } from './producer.ts';
import { type RunRecord, ThreadRun } from './thread-run.ts';

/** How a generator is run. */
export interface ProductionPlan {
  readonly name: string;
  readonly task: CarriedFunction;
  readonly args: readonly unknown[];
  readonly transfer: readonly Transferable[];
  /** Items between the two sides; zero or less is no limit. */
  readonly ahead: number;
  /** An error is thrown before the items that were made before it. */
  readonly isFailFast: boolean;
}

type Step<T> = IteratorResult<T, undefined>;

/** Items of a channel without limit; what is beyond waits on the thread. */
const UNLIMITED_CAPACITY = (1 << 16) - 1;
/** How often a blocking reader looks, while the thread starts, whether it has failed to. */
const STARTING_BEAT_MS = 50;

/** See the head of the file. */
export class Production<T> implements ItemSource<T> {
  /** The run, without anything that would keep this object. */
  readonly run: ThreadRun;
  readonly #receiver: Receiver<T>;
  readonly #isFailFast: boolean;
  /** Items that came while nobody wanted them; older than all in the channel. */
  readonly #kept = new ItemQueue<T>();
  /** Readers that wait while the channel is being drained. */
  readonly #waiting: (() => void)[] = [];
  #draining: Promise<void> | undefined;
  #hasTakenHeld = false;
  #wasLeft = false;

  /**
   * @param onOver - Called when the run is over. What it captures lives as long as the run.
   * @param kept - Items of an earlier pass that nobody has read.
   */
  constructor(plan: ProductionPlan, onOver: (record: RunRecord) => void, kept: readonly T[] = []) {
    const { name, args, transfer, ahead } = plan;
    const isUnlimited = ahead <= 0;
    const capacity = isUnlimited ? UNLIMITED_CAPACITY : ahead;
    const { sender, receiver } = channel<T>({ capacity, name });
    const sending = sender.handle();
    const { definition } = plan.task;
    const order: ProductionOrder = { definition, args, sending, isUnlimited };
    const receiverOrNone = new WeakRef(receiver);
    this.run = new ThreadRun(
      name,
      driverFunction('producer', 'produce'),
      [order],
      [sending.port, ...transfer],
      (record) => {
        const failure = (record.value as ProductionEnd | undefined)?.failure;
        if (failure !== undefined) record.failure = { error: decodeError(failure) };
        const end = receiverOrNone.deref();
        // Nobody has opened the other end, so nobody will close it.
        if (end !== undefined && !end.isSenderOpen) end.close();
        onOver(record);
      },
    );
    this.#isFailFast = plan.isFailFast;
    this.#receiver = receiver;
    for (const item of kept) this.#kept.push(item);
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.run.record.failure;
  }

  /** Items that nobody has read, once the run is over. */
  takeKept(): T[] {
    const kept: T[] = [];
    for (let step = this.takeNow(); step?.done === false; step = this.takeNow()) {
      kept.push(step.value);
    }
    this.#takeHeld();
    while (this.#kept.size > 0) kept.push(this.#kept.shift());
    return kept;
  }

  takeNow(): Step<T> | undefined {
    if (this.#isFailFast && this.failure !== undefined) return undefined;
    if (this.#kept.size > 0) return { value: this.#kept.shift(), done: false };
    if (this.#draining !== undefined) return undefined;
    try {
      const step = this.#receiver.tryReceive();
      return step?.done === false ? step : undefined;
    } catch (error) {
      if (error instanceof SenderLostError) return undefined;
      throw error;
    }
  }

  async take(): Promise<Step<T>> {
    for (;;) {
      this.#throwFast();
      if (this.#kept.size > 0) return { value: this.#kept.shift(), done: false };
      if (this.#draining !== undefined && !this.#receiver.isClosed) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      const step = await this.#receive();
      if (step.done !== true) {
        this.#throwFast();
        return step;
      }
      await this.run.whenOver();
      if (!this.#hasKept()) return this.#finish();
    }
  }

  takeSync(): Step<T> {
    for (;;) {
      this.#throwFast();
      if (this.#kept.size > 0) return { value: this.#kept.shift(), done: false };
      const step = this.#receiveSync();
      if (step.done !== true) return step;
      this.run.wait();
      if (!this.#hasKept()) return this.#finish();
    }
  }

  leave(): void {
    this.#wasLeft = true;
    this.#receiver.close();
    if (!this.run.record.isOver) this.run.abort();
  }

  requestStop(): void {
    this.#receiver.requestStop();
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  drainSync(): void {
    for (;;) {
      const step = this.#receiveSync();
      if (step.done === true) break;
      this.#kept.push(step.value);
    }
    this.run.wait();
    this.#endDraining();
  }

  whenOver(): Promise<void> {
    return this.run.whenOver();
  }

  isAlive(): boolean {
    return !this.run.look();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const step = await this.#receive();
      if (step.done === true) break;
      this.#kept.push(step.value);
      this.#waiting.shift()?.();
    }
    await this.run.whenOver();
    this.#endDraining();
  }

  #endDraining(): void {
    this.#takeHeld();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #receive(): Promise<Step<T>> {
    try {
      return await this.#receiver.receive();
    } catch (error) {
      // The run says what the thread died of.
      if (error instanceof SenderLostError) return DONE;
      throw error;
    }
  }

  #receiveSync(): Step<T> {
    try {
      if (!this.#receiver.isSenderOpen) this.run.waitUntilUp();
      while (!this.#receiver.isSenderOpen && !this.#receiver.isClosed) {
        const step = this.#receiveStarting();
        if (step !== undefined) return step;
        this.run.look();
      }
      return this.#receiver.receiveSync();
    } catch (error) {
      if (error instanceof SenderLostError) return DONE;
      throw error;
    }
  }

  /** Waits for the first item of a thread that may not be able to send one. */
  #receiveStarting(): Step<T> | undefined {
    try {
      return this.#receiver.receiveSync({ timeoutMs: STARTING_BEAT_MS });
    } catch (error) {
      if (error instanceof ChannelTimeoutError) return undefined;
      throw error;
    }
  }

  #hasKept(): boolean {
    this.#takeHeld();
    return this.#kept.size > 0;
  }

  /** The items that had no room when the generator was stopped come last. */
  #takeHeld(): void {
    const { isOver, value } = this.run.record;
    if (!isOver || this.#hasTakenHeld) return;
    this.#hasTakenHeld = true;
    if (this.#wasLeft || value === undefined) return;
    for (const item of (value as ProductionEnd).held) this.#kept.push(item as T);
  }

  #throwFast(): void {
    if (!this.#isFailFast || this.failure === undefined) return;
    this.leave();
    throw this.failure.error;
  }

  #finish(): Step<T> {
    if (this.failure !== undefined) throw this.failure.error;
    return DONE;
  }
}
