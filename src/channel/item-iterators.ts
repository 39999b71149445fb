/** The two iterators over anything that hands its items out one by one and can be closed. */

/** What is iterated: an end of a channel, or what stands on one. */
export interface ItemOrigin<T> {
  receive(): Promise<IteratorResult<T, undefined>>;
  receiveSync(): IteratorResult<T, undefined>;
  close(): void;
}

/** Items for an event loop. Leaving early closes their origin. */
export function loopIterator<T>(origin: ItemOrigin<T>): AsyncIterableIterator<T, undefined> {
  return {
    next: () => origin.receive(),
    return: () => {
      origin.close();
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Items for a loop that blocks its thread. Leaving early closes their origin. */
export function blockingIterator<T>(origin: ItemOrigin<T>): IterableIterator<T, undefined> {
  return {
    next: () => origin.receiveSync(),
    return: () => {
      origin.close();
      return { value: undefined, done: true };
    },
    [Symbol.iterator]() {
      return this;
    },
  };
}
