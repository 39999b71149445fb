import type { Receiver } from '../channel/receiver.ts';

/**
 * What a function that `OrderedItemProducer.start` runs has for its first argument: the items, in
 * order. `for (const item of items)` blocks the thread until the next one is there; `for await` waits
 * in its event loop. After the end there is only the end.
 */
export class BlockingItems<T> implements IterableIterator<T, undefined>, AsyncIterable<T> {
  readonly #receiver: Receiver<T>;

  /** @internal */
  constructor(receiver: Receiver<T>) {
    this.#receiver = receiver;
  }

  /** The next item; blocks until it is there, or until there will be none. */
  next(): IteratorResult<T, undefined> {
    return this.#receiver.receiveSync();
  }

  /** Leaving the loop wants no more items. */
  return(): IteratorResult<T, undefined> {
    this.#receiver.close();
    return { value: undefined, done: true };
  }

  /** For `for`, which blocks. */
  [Symbol.iterator](): this {
    return this;
  }

  /** For `for await`, which waits in the event loop. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this.#receiver[Symbol.asyncIterator]();
  }
}
