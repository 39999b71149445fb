/**
 * The thread's side of a generator: calls it and sends what it yields, as long as somebody wants it.
 *
 * As long as items and room are there nothing is awaited. A generator that is not asynchronous
 * blocks its thread while there is no room: nothing else runs there, and a receiver that is closed,
 * lost or asks for no more wakes it.
 */

import { openSender } from '../channel/channel.ts';
import { ChannelClosedError, ReceiverLostError } from '../channel/channel-errors.ts';
import type { EndHandle } from '../channel/end-link.ts';
import type { Sender, SendOptions } from '../channel/sender.ts';
import { encodeError } from '../lane/error-codec.ts';
import { Moved } from '../lane/moved.ts';
import { revive } from '../lane/revive-function.ts';
import { isThenable } from '../thenable.ts';
import { ItemQueue } from './item-queue.ts';
import { type ItemSteps, isIterable, openSteps } from './item-steps.ts';

/** What a thread is told to produce. */
export interface ProductionOrder {
  /** Of the function that is called there. */
  readonly definition: unknown;
  readonly args: readonly unknown[];
  readonly sending: EndHandle;
  /** What the channel has no room for is kept on the thread. */
  readonly isUnlimited: boolean;
}

/** What is left to say when the channel was closed. */
export interface ProductionEnd {
  /** Items that were made and had no room when the receiver asked for no more. */
  readonly held: readonly unknown[];
  /** How the source failed when it was closed after that, encoded. */
  readonly failure: unknown;
}

/** Runs a generator to its end, on the thread that this is called on. */
export function produce(order: ProductionOrder): ProductionEnd | Promise<ProductionEnd> {
  return new Producer(order).run();
}

/** Without a limit: more than this many items do not wait on the thread. */
const MOST_OVERFLOW = 1 << 24;

/** Answers of {@link Producer.#send}. */
const SENT = 0;
const FULL = 1;
const GONE = 2;

class Producer {
  readonly #order: ProductionOrder;
  readonly #sender: Sender<unknown>;
  /** Without a limit: what had no room yet. */
  readonly #overflow = new ItemQueue<unknown>();
  readonly #held: unknown[] = [];
  #failure: unknown;

  constructor(order: ProductionOrder) {
    this.#order = order;
    this.#sender = openSender(order.sending);
  }

  run(): ProductionEnd | Promise<ProductionEnd> {
    let pumped: void | Promise<void>;
    try {
      pumped = this.#begin();
    } catch (error) {
      this.#sender.close();
      throw error;
    }
    if (pumped === undefined) return this.#end();
    return pumped.then(
      () => this.#end(),
      (error) => {
        this.#sender.close();
        throw error;
      },
    );
  }

  #end(): ProductionEnd {
    this.#sender.close();
    return { held: this.#held, failure: this.#failure };
  }

  #begin(): void | Promise<void> {
    const made = revive(this.#order.definition);
    if (typeof made === 'function') return this.#call(made);
    return made.then((ready) => this.#call(ready));
  }

  #call(generator: (...args: unknown[]) => unknown): void | Promise<void> {
    if (this.#sender.isUnwanted) return;
    const made = generator(...this.#order.args);
    if (isThenable(made) && !isIterable(made)) {
      return Promise.resolve(made).then((it) => this.#pump(openSteps(it)));
    }
    return this.#pump(openSteps(made));
  }

  /** Item by item without going back to the event loop, until there is something to wait for. */
  #pump(steps: ItemSteps): void | Promise<void> {
    for (;;) {
      const step = steps.next();
      if (isThenable(step)) return this.#pumpLater(steps, step);
      if (step.done === true) return this.#flush();
      if (isThenable(step.value)) return this.#pumpLater(steps, step);
      let isWanted: boolean;
      try {
        isWanted = this.#deliver(step.value);
      } catch (error) {
        return this.#giveUp(steps, error);
      }
      if (!isWanted) return this.#closeSource(steps);
    }
  }

  async #pumpLater(
    steps: ItemSteps,
    first: PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>,
  ): Promise<void> {
    let step = await first;
    while (step.done !== true) {
      let isWanted: boolean;
      try {
        const value = isThenable(step.value) ? await step.value : step.value;
        isWanted = await this.#deliverLater(value);
      } catch (error) {
        await this.#giveUp(steps, error);
        return;
      }
      if (!isWanted) return this.#closeSource(steps);
      step = await steps.next();
    }
    this.#flush();
  }

  /** Blocks until the item is in the channel. False when no more are wanted. */
  #deliver(item: unknown): boolean {
    if (this.#order.isUnlimited) return this.#deliverOrKeep(item);
    for (;;) {
      const answer = this.#send(item);
      if (answer === GONE) return false;
      if (answer === SENT) return !this.#sender.isUnwanted;
      if (!this.#sender.waitForRoomSync()) return this.#hold(item);
    }
  }

  /** As {@link Producer.#deliver}, waiting in the event loop. */
  async #deliverLater(item: unknown): Promise<boolean> {
    if (this.#order.isUnlimited) return this.#deliverOrKeep(item);
    for (;;) {
      const answer = this.#send(item);
      if (answer === GONE) return false;
      if (answer === SENT) return !this.#sender.isUnwanted;
      if (!(await this.#sender.waitForRoom())) return this.#hold(item);
    }
  }

  #deliverOrKeep(item: unknown): boolean {
    if (!this.#sendOverflow(MOST_OVERFLOW - 1)) {
      return this.#sender.isReceiverGone ? false : this.#hold(item);
    }
    const answer = this.#overflow.size === 0 ? this.#send(item) : FULL;
    if (answer === GONE) return false;
    // Copied as it is now, as if it had been sent.
    if (answer === FULL) this.#overflow.push(copyOf(item));
    return !this.#sender.isUnwanted || this.#holdOverflow();
  }

  /**
   * Sends what was kept, as far as there is room, and blocks until at most `most` are left. False when
   * nobody wants any more.
   */
  #sendOverflow(most: number): boolean {
    while (this.#overflow.size > 0) {
      const answer = this.#send(this.#overflow.first());
      if (answer === GONE) return false;
      if (answer === SENT) this.#overflow.shift();
      else if (this.#overflow.size <= most) return true;
      else if (!this.#sender.waitForRoomSync()) return this.#holdOverflow();
    }
    return true;
  }

  /** The source has ended: blocks until everything is in the channel. */
  #flush(): void {
    this.#sendOverflow(0);
  }

  #send(item: unknown): number {
    const isMoved = item instanceof Moved;
    const options: SendOptions | undefined = isMoved ? { transfer: item.transfer } : undefined;
    try {
      return this.#sender.trySend(isMoved ? item.value : item, options) ? SENT : FULL;
    } catch (error) {
      if (error instanceof ChannelClosedError || error instanceof ReceiverLostError) return GONE;
      throw error;
    }
  }

  #hold(item: unknown): false {
    this.#held.push(item instanceof Moved ? item.value : item);
    return false;
  }

  #holdOverflow(): false {
    while (this.#overflow.size > 0) this.#held.push(this.#overflow.shift());
    return false;
  }

  /** No more items are wanted: the source may clean up. */
  #closeSource(steps: ItemSteps): void | Promise<void> {
    try {
      const closed = steps.close();
      if (isThenable(closed)) {
        return Promise.resolve(closed).then(
          () => undefined,
          (error) => this.#closingFailed(error),
        );
      }
    } catch (error) {
      this.#closingFailed(error);
    }
  }

  /** The error comes after the items that are held, so it travels with them. */
  #closingFailed(error: unknown): void {
    if (this.#held.length === 0) throw error;
    this.#failure = encodeError(error);
  }

  /** An item cannot be sent: the source is closed, and what happens there is of less interest. */
  #giveUp(steps: ItemSteps, error: unknown): never | Promise<never> {
    const fail = (): never => {
      throw error;
    };
    let closed: unknown;
    try {
      closed = steps.close();
    } catch {
      throw error;
    }
    return isThenable(closed) ? Promise.resolve(closed).then(fail, fail) : fail();
  }
}

function copyOf(item: unknown): unknown {
  if (item instanceof Moved) {
    return structuredClone(item.value, { transfer: [...item.transfer] as ArrayBuffer[] });
  }
  return typeof item === 'object' && item !== null ? structuredClone(item) : item;
}
