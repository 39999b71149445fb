/** Where the readers of a generator get its items from. */

/** Items of one generator, shared by all who read them. */
export interface ItemSource<T> {
  /** Starts before anybody reads; a source that has this does not start by itself. */
  begin?(): void;
  /** An item that is there already; undefined when there is none, or when it has ended. */
  takeNow(): IteratorResult<T, undefined> | undefined;
  /** The next item or the end, as soon as it is there; rejects when the generator has failed. */
  take(): Promise<IteratorResult<T, undefined>>;
  /** As `take`, blocking this thread. */
  takeSync(): IteratorResult<T, undefined>;
  /** Nobody wants any more items: what was not taken is dropped, and the generator cleans up. */
  leave(): void;
  /** The generator shall make no more items; what it has made can still be taken. */
  requestStop(): void;
  /** Waits until the generator has ended; items that nobody takes meanwhile are kept. */
  drain(): Promise<void>;
  /** As `drain`, blocking this thread. */
  drainSync(): void;
  /** Waits for the end of the generator, which must be near. */
  whenOver(): Promise<void>;
  /** Whether it is still running. */
  isAlive(): boolean;
  /** What it failed with. */
  readonly failure: { readonly error: unknown } | undefined;
}

/** The end of an iteration. */
export const DONE: IteratorResult<never, undefined> = Object.freeze({
  value: undefined,
  done: true,
});
