/**
 * The workers of the pool by id, and by name.
 *
 * Ids count up from 1, so the order of ids is the order of creation. They are kept in pages of 256
 * and not in one large table, whose growth would stop the loop for longer than anything else here.
 */
import { type Named, NameIndex } from './name-index.ts';
import { NamePattern } from './name-pattern.ts';

const PAGE_SHIFT = 8;
const PAGE_SIZE = 1 << PAGE_SHIFT;
const PAGE_MASK = PAGE_SIZE - 1;

/** What the registry keeps. */
export interface Registered extends Named {
  readonly id: number;
}

interface Page<T> {
  readonly cells: (T | undefined)[];
  used: number;
}

/** See the head of the file. Readable like a `Map` from id to worker, in order of creation. */
export class WorkerRegistry<T extends Registered> implements ReadonlyMap<number, T> {
  readonly #pages = new Map<number, Page<T>>();
  #lastPage: Page<T> | undefined;
  #lastPageNumber = -1;
  #nextId = 1;
  #size = 0;
  #index: NameIndex<T> | undefined;
  /** Workers with ids below this are in the index. */
  #indexedBelow = 1;
  #removedSinceIndex = 0;

  get size(): number {
    return this.#size;
  }

  /** A fresh id. */
  takeId(): number {
    return this.#nextId++;
  }

  /** Adds a worker, or adds it again. */
  add(worker: T): void {
    const page = this.#pageOf(worker.id >>> PAGE_SHIFT);
    const index = worker.id & PAGE_MASK;
    if (page.cells[index] !== undefined) return;
    page.cells[index] = worker;
    page.used++;
    this.#size++;
    if (worker.id < this.#indexedBelow) this.#index?.add(worker);
  }

  /** Removes a worker; false when it was not there. */
  remove(worker: T): boolean {
    const number = worker.id >>> PAGE_SHIFT;
    const page = this.#pages.get(number);
    const index = worker.id & PAGE_MASK;
    if (page?.cells[index] === undefined) return false;
    page.cells[index] = undefined;
    this.#size--;
    if (--page.used === 0) this.#dropPage(number);
    this.#countRemoval();
    return true;
  }

  get(id: number): T | undefined {
    return this.#pages.get(id >>> PAGE_SHIFT)?.cells[id & PAGE_MASK];
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  /** Reads the place of an id, so that it is at hand when its worker is removed. */
  touch(id: number): number {
    return this.has(id) ? 1 : 0;
  }

  *values(): MapIterator<T> {
    const numbers = [...this.#pages.keys()].sort((a, b) => a - b);
    for (const number of numbers) {
      for (const worker of [...(this.#pages.get(number)?.cells ?? [])]) {
        if (worker !== undefined) yield worker;
      }
    }
  }

  *keys(): MapIterator<number> {
    for (const worker of this.values()) yield worker.id;
  }

  *entries(): MapIterator<[number, T]> {
    for (const worker of this.values()) yield [worker.id, worker];
  }

  [Symbol.iterator](): MapIterator<[number, T]> {
    return this.entries();
  }

  forEach(visit: (value: T, key: number, map: ReadonlyMap<number, T>) => void): void {
    for (const worker of this.values()) visit(worker, worker.id, this);
  }

  /**
   * The workers whose name matches, in order of creation. No pattern, or an empty one, matches all,
   * and is the only one that matches workers without a name.
   */
  match(pattern: string | undefined): T[] {
    if (pattern === undefined || pattern === '') return [...this.values()];
    const compiled = new NamePattern(pattern);
    if (compiled.prefix === '') {
      return [...this.values()].filter(({ name }) => name !== undefined && compiled.matches(name));
    }
    const found = new Map<number, T>();
    this.#freshIndex().visit(compiled.prefix, (worker) => {
      const isHere = this.get(worker.id) === worker;
      if (isHere && compiled.matches(worker.name as string)) found.set(worker.id, worker);
    });
    return [...found.values()].sort((a, b) => a.id - b.id);
  }

  /** The index with everything in it that was added since the last question. */
  #freshIndex(): NameIndex<T> {
    const index = this.#index ?? new NameIndex<T>();
    const firstPage = this.#indexedBelow >>> PAGE_SHIFT;
    for (let number = firstPage; number <= this.#nextId >>> PAGE_SHIFT; number++) {
      for (const worker of this.#pages.get(number)?.cells ?? []) {
        if (worker !== undefined && worker.id >= this.#indexedBelow) index.add(worker);
      }
    }
    this.#index = index;
    this.#indexedBelow = this.#nextId;
    return index;
  }

  #countRemoval(): void {
    if (this.#index === undefined) return;
    this.#removedSinceIndex++;
    if (this.#removedSinceIndex * 2 <= this.#index.size) return;
    this.#index = undefined;
    this.#indexedBelow = 1;
    this.#removedSinceIndex = 0;
  }

  #pageOf(number: number): Page<T> {
    if (number === this.#lastPageNumber && this.#lastPage !== undefined) return this.#lastPage;
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { cells: new Array(PAGE_SIZE), used: 0 };
      this.#pages.set(number, page);
    }
    this.#lastPage = page;
    this.#lastPageNumber = number;
    return page;
  }

  #dropPage(number: number): void {
    this.#pages.delete(number);
    if (number === this.#lastPageNumber) this.#lastPage = undefined;
  }
}
