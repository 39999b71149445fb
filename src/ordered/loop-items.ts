/**
 * Items on their way to a `for await` of this event loop. Nothing is copied and no thread takes part:
 * an item that is there costs one promise, and one that is waited for settles the reader's.
 */
import type { ItemOutlet } from './ordered-items.ts';

type Step<T> = IteratorResult<T, undefined>;

const END: IteratorReturnResult<undefined> = { value: undefined, done: true };
/** The rest is moved up when so many items in front of it, and more than it has, were taken. */
const MANY_TAKEN = 1024;

/** See the head of the file. */
export class LoopItems<T> implements ItemOutlet<T>, AsyncIterableIterator<T, undefined> {
  readonly isDearToWake = false;
  /** Settles when the loop has taken the end, or was left. */
  readonly whenOver: Promise<void>;
  readonly #capacity: number;
  readonly #onRoom: () => void;
  readonly #onOver: () => void;
  #items: T[] = [];
  /** Place of the next item. */
  #at = 0;
  readonly #readers: ((step: Step<T>) => void)[] = [];
  #hasEnd = false;
  #isOver = false;
  #settle!: () => void;

  /**
   * @param capacity - Items beyond it count as held up.
   * @param onRoom - Told when one of those has gained room.
   * @param onOver - Told when nothing is taken any more, before anybody else knows.
   */
  constructor(capacity: number, onRoom: () => void, onOver: () => void) {
    this.#capacity = capacity;
    this.#onRoom = onRoom;
    this.#onOver = onOver;
    this.whenOver = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get held(): number {
    return Math.max(0, this.#items.length - this.#at - this.#capacity);
  }

  put(item: T): undefined {
    if (this.#hasEnd || this.#isOver) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#items.push(item);
    else reader({ value: item, done: false });
  }

  putMany(items: readonly T[]): number {
    for (const item of items) this.put(item);
    return items.length;
  }

  end(): void {
    if (this.#hasEnd) return;
    this.#hasEnd = true;
    if (this.#readers.length > 0) this.#leave();
  }

  next(): Promise<Step<T>> {
    if (this.#at < this.#items.length) return Promise.resolve({ value: this.#take(), done: false });
    if (this.#hasEnd || this.#isOver) {
      this.#leave();
      return Promise.resolve(END);
    }
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<Step<T>> {
    this.#leave();
    return Promise.resolve(END);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): T {
    const item = this.#items[this.#at++] as T;
    const left = this.#items.length - this.#at;
    if (left === 0 || (this.#at >= MANY_TAKEN && this.#at > left)) {
      this.#items = this.#items.slice(this.#at);
      this.#at = 0;
    }
    if (left >= this.#capacity) this.#onRoom();
    return item;
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#items = [];
    this.#at = 0;
    this.#onOver();
    this.#settle();
    for (const tell of this.#readers.splice(0)) tell(END);
  }
}
