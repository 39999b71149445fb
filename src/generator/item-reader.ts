import { afterTurn, mustTurn } from '../channel/loop-turn.ts';
import { DONE, type ItemSource } from './item-source.ts';

/** Who reads a generator: those who have begun and not come to the end. */
export interface Audience {
  readers: number;
  /** One has left early; when the others are gone, too, nobody wants any more. */
  hasLeft: boolean;
  /** Told of each who begins (1) and each who is over (-1). */
  readonly onChange: (change: 1 | -1) => void;
}

type Step<T> = IteratorResult<T, undefined>;

/** Readers that were dropped before their end. They neither read on nor leave. */
const dropped = new FinalizationRegistry<{ audience: Audience; source: ItemSource<unknown> }>(
  ({ audience, source }) => countOut(audience, source),
);

/**
 * One iteration, in the event loop or blocking the thread. It comes to the end once: an error is
 * thrown once, afterwards the iteration is over.
 *
 * When the last of those who have begun leaves early, the generator is ended.
 */
class ItemReader<T> {
  readonly #source: () => ItemSource<T>;
  readonly #audience: Audience;
  #own: ItemSource<T> | undefined;
  #isOver = false;

  constructor(source: () => ItemSource<T>, audience: Audience) {
    this.#source = source;
    this.#audience = audience;
  }

  next(): Promise<Step<T>> {
    if (this.#isOver) return Promise.resolve(DONE);
    const step = (this.#own ?? this.#begin()).takeNow();
    if (step === undefined) return this.#nextLater();
    return mustTurn() ? afterTurn(step) : Promise.resolve(step);
  }

  nextSync(): Step<T> {
    if (this.#isOver) return DONE;
    const source = this.#own ?? this.#begin();
    try {
      const step = source.takeNow() ?? source.takeSync();
      if (step.done === true) this.#end();
      return step;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  leave(): void {
    if (this.#isOver) return;
    if (this.#own !== undefined) this.#audience.hasLeft = true;
    this.#end();
  }

  async #nextLater(): Promise<Step<T>> {
    try {
      const step = await (this.#own as ItemSource<T>).take();
      if (step.done === true) this.#end();
      return step;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #begin(): ItemSource<T> {
    this.#own = this.#source();
    this.#audience.readers++;
    this.#audience.onChange(1);
    dropped.register(this, { audience: this.#audience, source: this.#own }, this);
    return this.#own;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#own === undefined) return;
    dropped.unregister(this);
    countOut(this.#audience, this.#own);
  }
}

function countOut(audience: Audience, source: ItemSource<unknown>): void {
  audience.readers--;
  audience.onChange(-1);
  if (audience.readers > 0 || !audience.hasLeft) return;
  audience.hasLeft = false;
  source.leave();
}

/** An iteration for `for await`. `source` is asked for with the first item. */
export function readInLoop<T>(
  source: () => ItemSource<T>,
  audience: Audience,
): AsyncIterableIterator<T, undefined> {
  const reader = new ItemReader(source, audience);
  return {
    next: () => nextOf(reader),
    return: () => {
      reader.leave();
      return Promise.resolve(DONE);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** An iteration for a loop that blocks its thread. */
export function readBlocking<T>(
  source: () => ItemSource<T>,
  audience: Audience,
): IterableIterator<T, undefined> {
  const reader = new ItemReader(source, audience);
  return {
    next: () => reader.nextSync(),
    return: () => {
      reader.leave();
      return DONE;
    },
    [Symbol.iterator]() {
      return this;
    },
  };
}

/** What is wrong with the source rejects, as in an async generator. */
function nextOf<T>(reader: ItemReader<T>): Promise<Step<T>> {
  try {
    return reader.next();
  } catch (error) {
    return Promise.reject(error);
  }
}
