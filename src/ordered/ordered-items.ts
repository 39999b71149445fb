/** Items that get ready in any order, on their way to a consumer in the order of their numbers. */
import { performance } from 'node:perf_hooks';
import { setImmediateAtLoad } from '../host-at-load.ts';

/** An item that could not be made, or not be handed over. */
export interface ItemFailure {
  readonly number: number;
  readonly error: unknown;
}

/** Where items go that have their turn. */
export interface ItemOutlet<T> {
  /** Whether one wake-up for several items is worth a wait. */
  readonly isDearToWake: boolean;
  /** Items that found no room yet. */
  readonly held: number;
  /** Takes an item. A promise of room when there was none; throws when it cannot go there. */
  put(item: T): Promise<void> | undefined;
  /** Takes as many as there is room for; how many. */
  putMany(items: readonly T[]): number;
  /** Nothing more comes. */
  end(): void;
}

/** Who is told what becomes of the items. */
export interface ItemListener {
  /** Items were handed over. */
  onMove(): void;
  /** An item failed: the iterations end before it. `dropped` is an error that another one replaces. */
  onFailure(failure: ItemFailure, dropped: ItemFailure | undefined): void;
}

/** Items that follow each other within this are handed over together, at the end of the turn. */
const QUICK_MS = 0.02;
/** So many are handed over at once, however busy the loop is. */
const MOST_GATHERED = 256;

// Taken at load: fake timers must not stop us.
const readClock = performance.now.bind(performance);

/** See the head of the file. */
export class OrderedItems<T> {
  #outlet: ItemOutlet<T> | undefined;
  readonly #listener: ItemListener;
  readonly #buffer = new Map<number, T>();
  readonly #skipped = new Set<number>();
  #asked = 0;
  #delivered = 0;
  /** Items that were asked for and are not ready. */
  #pending = 0;
  #isHeld = false;
  #isDelivering = false;
  #lastReadyMs = 0;
  #isGathering = false;
  readonly #endGathering = (): void => {
    this.#isGathering = false;
    this.#deliver();
  };
  #hasEnded = false;
  #failure: ItemFailure | undefined;
  #onDone: (() => void)[] = [];

  constructor(listener: ItemListener) {
    this.#listener = listener;
  }

  /** From now on items are handed over; before, they wait. */
  open(outlet: ItemOutlet<T>): void {
    this.#outlet = outlet;
    this.#deliver();
  }

  /** How many items were asked for. */
  get asked(): number {
    return this.#asked;
  }

  /** How many were handed over. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Those that were asked for and not handed over. */
  get undelivered(): number {
    return this.#asked - this.#delivered;
  }

  /** Those that were handed over and found no room. */
  get held(): number {
    return this.#outlet?.held ?? 0;
  }

  /** Items that are ready before their turn. */
  get buffer(): ReadonlyMap<number, T> {
    return this.#buffer;
  }

  /** The failed item with the lowest number. */
  get failure(): ItemFailure | undefined {
    return this.#failure;
  }

  /** While true, nothing is handed over. */
  set isHeld(isHeld: boolean) {
    this.#isHeld = isHeld;
    this.#deliver();
  }

  /** The number of a new item. */
  ask(): number {
    this.#pending++;
    return this.#asked++;
  }

  /** An item is ready. False when it will not come to the consumer. */
  add(number: number, item: T): boolean {
    let isWanted = this.#isWanted(number);
    if (isWanted) {
      this.#noteReady();
      const isNext = number === this.#delivered && this.#isFlowing && !this.#isGathering;
      if (isNext) isWanted = this.#hand(number, item);
      else this.#buffer.set(number, item);
    }
    this.#settled();
    if (isWanted) this.#listener.onMove();
    return isWanted;
  }

  /** An item that was asked for will not be made. */
  skip(number: number): void {
    this.#skipped.add(number);
    this.#settled();
  }

  /** An item function failed. */
  fail(number: number, error: unknown): void {
    this.#setFailure({ number, error });
    this.#settled();
  }

  /** The consumer is gone. */
  endEarly(): void {
    this.#hasEnded = true;
    this.#buffer.clear();
  }

  /** Nothing more is handed over. */
  end(): void {
    this.#outlet?.end();
  }

  /** Settles when no item is being made any more, and all were handed over. */
  async whenDone(): Promise<void> {
    if (this.#pending > 0) await new Promise<void>((resolve) => this.#onDone.push(resolve));
    this.#deliver();
  }

  #settled(): void {
    this.#pending--;
    if (!this.#isGathering || this.#buffer.size >= MOST_GATHERED) this.#deliver();
    if (this.#pending > 0) return;
    for (const tell of this.#onDone.splice(0)) tell();
  }

  /** Waking the consumer for each of many items would cost more than the items. */
  #noteReady(): void {
    if (this.#isGathering || !this.#outlet?.isDearToWake) return;
    const nowMs = readClock();
    const isQuick = nowMs - this.#lastReadyMs < QUICK_MS;
    this.#lastReadyMs = nowMs;
    if (!isQuick) return;
    this.#isGathering = true;
    setImmediateAtLoad(this.#endGathering);
  }

  get #isFlowing(): boolean {
    return !this.#isHeld && this.#outlet !== undefined;
  }

  get #hasNothingToDeliver(): boolean {
    return this.#buffer.size === 0 && this.#skipped.size === 0 && this.#failure === undefined;
  }

  #isWanted(number: number): boolean {
    return !this.#hasEnded && (this.#failure === undefined || number < this.#failure.number);
  }

  /** Hands over whatever has its turn. A loop: thousands may have waited for one. */
  #deliver(): void {
    if (this.#isDelivering || this.#hasNothingToDeliver) return;
    this.#isDelivering = true;
    const before = this.#delivered;
    let count: number;
    do {
      count = this.#handMany();
    } while (count > 0);
    this.#isDelivering = false;
    if (this.#failure?.number === this.#delivered && this.#isFlowing) this.#endBehindFailure();
    if (this.#delivered !== before) this.#listener.onMove();
  }

  /** Hands over the items up to the next one that is not there. How many there were. */
  #handMany(): number {
    const first = this.#delivered;
    const items: T[] = [];
    while (this.#isFlowing && this.#isWanted(first + items.length)) {
      const number = first + items.length;
      if (!this.#buffer.has(number)) break;
      items.push(this.#buffer.get(number) as T);
      this.#buffer.delete(number);
    }
    const handed = items.length > 1 ? (this.#outlet?.putMany(items) ?? 0) : 0;
    this.#delivered += handed;
    for (let index = handed; index < items.length; index++) {
      if (!this.#hand(first + index, items[index] as T)) break;
    }
    const isSkipped = this.#isFlowing && this.#skipped.delete(this.#delivered);
    if (isSkipped) this.#delivered++;
    return items.length + (isSkipped ? 1 : 0);
  }

  /** False when the item cannot go to a thread. */
  #hand(number: number, item: T): boolean {
    try {
      // Nobody waits for room here: `ready` is for that.
      const room = this.#outlet?.put(item);
      room?.catch((error) => this.#setFailure({ number, error }));
    } catch (error) {
      this.#setFailure({ number, error });
      return false;
    }
    this.#delivered++;
    return true;
  }

  #endBehindFailure(): void {
    this.#hasEnded = true;
    this.#buffer.clear();
    this.#outlet?.end();
  }

  #setFailure(failure: ItemFailure): void {
    const before = this.#failure;
    const isLower = before === undefined || failure.number < before.number;
    if (isLower) this.#failure = failure;
    this.#listener.onFailure(failure, isLower ? before : failure);
  }
}
