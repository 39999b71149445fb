// Values of the word.
const FREE = 0;
const HELD = 1;
const WAITED_FOR = 2;

/**
 * A lock in a word of shared memory, for sections of a few instructions. Who finds it held blocks.
 * Nobody is woken unless somebody waits, as waking is a call into the engine, which costs most where
 * jobs are long and caches cold (the second mutex of Drepper, "Futexes are tricky", 2011).
 */
export class SharedLock {
  readonly #words: Int32Array;
  readonly #at: number;

  /** @param at - Which word; 0 in it means that nobody has the lock. */
  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#at = at;
  }

  take(): void {
    const at = this.#at;
    const words = this.#words;
    if (Atomics.compareExchange(words, at, FREE, HELD) === FREE) return;
    while (Atomics.exchange(words, at, WAITED_FOR) !== FREE) Atomics.wait(words, at, WAITED_FOR);
  }

  leave(): void {
    const at = this.#at;
    const words = this.#words;
    if (Atomics.exchange(words, at, FREE) === WAITED_FOR) Atomics.notify(words, at, 1);
  }
}
