import { POOL_CHARACTERS } from './value-format.ts';

/**
 * The short strings of a tree, one after the other. Collected character by character: to join them, to
 * ask for their width and to write them took three calls into the engine and twice the time.
 */
export class StringPool {
  /** Characters so far. */
  count = 0;
  readonly #characters: Uint16Array = new Uint16Array(POOL_CHARACTERS);
  /** All bits that any of them has. */
  #bits = 0;

  /** False, with nothing changed, when the pool is too full. */
  add(value: string): boolean {
    const { length } = value;
    const from = this.count;
    if (from + length > POOL_CHARACTERS) return false;
    const characters = this.#characters;
    let bits = this.#bits;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      characters[from + index] = code;
      bits |= code;
    }
    this.#bits = bits;
    this.count = from + length;
    return true;
  }

  /** Whether its characters need two bytes each. */
  get isWide(): boolean {
    return this.#bits > 0xff;
  }

  /** 32-bit words that it takes. */
  get wordLength(): number {
    return this.isWide ? (this.count + 1) >> 1 : (this.count + 3) >> 2;
  }

  /** Writes it from word `at` on; what is left of its last word holds anything. */
  writeTo(words: Int32Array, at: number): void {
    const characters = this.#characters;
    const { wordLength } = this;
    if (this.isWide) {
      for (let word = 0, next = 0; word < wordLength; word++, next += 2) {
        words[at + word] = characters[next]! | (characters[next + 1]! << 16);
      }
      return;
    }
    for (let word = 0, next = 0; word < wordLength; word++, next += 4) {
      words[at + word] =
        (characters[next]! & 0xff) |
        ((characters[next + 1]! & 0xff) << 8) |
        ((characters[next + 2]! & 0xff) << 16) |
        ((characters[next + 3]! & 0xff) << 24);
    }
  }

  clear(): void {
    this.count = 0;
    this.#bits = 0;
  }
}
