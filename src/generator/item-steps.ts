/** What a generator function, or any source of items, gives one after the other. */

/** An iterator of either kind. */
export interface ItemSteps {
  next(): IteratorResult<unknown> | PromiseLike<IteratorResult<unknown>>;
  /** Ends it early: it may clean up. */
  close(): unknown;
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** Whether something can be iterated, in either way. */
export function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return hasMethod(value, Symbol.asyncIterator) || hasMethod(value, Symbol.iterator);
}

/**
 * Opens an iterable, an async iterable, or an iterator.
 *
 * @throws TypeError for anything else, as a loop over it would.
 */
export function openSteps(value: unknown): ItemSteps {
  let iterator: AnyIterator;
  if (hasMethod(value, Symbol.asyncIterator)) {
    iterator = (value as unknown as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  } else if (hasMethod(value, Symbol.iterator)) {
    iterator = (value as unknown as Iterable<unknown>)[Symbol.iterator]();
  } else if (hasMethod(value, 'next')) iterator = value as unknown as AnyIterator;
  else throw new TypeError(`${describe(value)} is not iterable`);
  return { next: () => iterator.next(), close: () => iterator.return?.() };
}

function hasMethod(value: unknown, name: string | symbol): boolean {
  if (value === null || value === undefined) return false;
  return typeof (value as Record<string | symbol, unknown>)[name] === 'function';
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'the object' : `the ${typeof value} ${String(value)}`;
}
