/** Items in order, first in, first out, each in constant time. */
export class ItemQueue<T> {
  #items: T[] = [];
  #from = 0;

  get size(): number {
    return this.#items.length - this.#from;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest; there must be one. */
  first(): T {
    return this.#items[this.#from] as T;
  }

  /** Takes the oldest; there must be one. */
  shift(): T {
    const item = this.#items[this.#from] as T;
    this.#items[this.#from++] = undefined as T;
    if (2 * this.#from > this.#items.length) {
      this.#items = this.#items.slice(this.#from);
      this.#from = 0;
    }
    return item;
  }
}
