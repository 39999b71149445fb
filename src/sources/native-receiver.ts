/**
 * Items of a native producer: a channel whose sender is a thread of the core. They come in batches
 * and are handed out one by one, or as they came.
 */
import {
  ASCII_BATCH,
  ChannelMemory,
  createChannelMemory,
  FAULT,
  PART,
  UTF8_BATCH,
} from '../channel/channel-memory.ts';
import { EndLink } from '../channel/end-link.ts';
import { blockingIterator, type ItemOrigin, loopIterator } from '../channel/item-iterators.ts';
import { afterTurn, mustTurn } from '../channel/loop-turn.ts';
import { localLanes } from '../channel/parcels.ts';
import { Receiver } from '../channel/receiver.ts';
import type { NativeSource } from '../native.ts';

/** What a batch, a part of an item or a fault is turned into. */
export interface SourceDecoder<T> {
  readonly batch: (memory: ChannelMemory, at: number, length: number, isAscii: boolean) => T[];
  readonly part?: (bytes: Buffer) => void;
  readonly fault: (text: string) => Error;
}

type Batch<T> = T[] | Error;

/** Room that is provided for a frame; one that needs more takes that of others. */
const FRAME_BYTES = 1 << 14;
const NOTHING: never[] = [];

/**
 * Items from a native producer. Each iteration goes on where the one before stopped; leaving a loop
 * early ends the producer.
 */
export class NativeReceiver<T> implements AsyncIterable<T> {
  readonly #receiver: Receiver<Batch<T>>;
  readonly #onError: ((error: Error) => void) | undefined;
  readonly #origin: ItemOrigin<T> = {
    receive: () => this.#receive(),
    receiveSync: () => this.#receiveSync(),
    close: () => this.close(),
  };
  #batch: T[] = NOTHING;
  #next = 0;

  /** @internal */
  constructor(
    capacity: number,
    name: string,
    start: (words: Int32Array) => NativeSource,
    decoder: SourceDecoder<T>,
    onError: ((error: Error) => void) | undefined,
  ) {
    const memory = new ChannelMemory(createChannelMemory(capacity, undefined, FRAME_BYTES));
    const source = start(memory.words);
    const { receiving } = localLanes();
    const link = new EndLink(memory, false, name, receiving, source);
    this.#receiver = new Receiver(link, (kind, at, length) =>
      decode(decoder, memory, kind, at, length),
    );
    this.#onError = onError;
  }

  /** True once the last item was handed out, or this was closed. */
  get isClosed(): boolean {
    return this.#receiver.isClosed && this.#next === this.#batch.length;
  }

  /** Items one by one, in the event loop. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return loopIterator(this.#origin);
  }

  /** Items one by one, for a loop that blocks its thread. */
  sync(): IterableIterator<T, undefined> {
    return blockingIterator(this.#origin);
  }

  /** Items as they come, many together: the cheapest way. An empty array is the end. */
  async receiveMany(): Promise<T[]> {
    while (this.#next === this.#batch.length) {
      const { value, done } = await this.#receiver.receive();
      if (done === true) return [];
      this.#open(value);
    }
    return this.#rest();
  }

  /** As `receiveMany`, blocking this thread. */
  receiveManySync(): T[] {
    while (this.#next === this.#batch.length) {
      const { value, done } = this.#receiver.receiveSync();
      if (done === true) return [];
      this.#open(value);
    }
    return this.#rest();
  }

  /** Ends the producer. Items that were not handed out are dropped. */
  close(): void {
    this.#batch = NOTHING;
    this.#next = 0;
    this.#receiver.close();
  }

  /** Closes, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  #receive(): Promise<IteratorResult<T, undefined>> {
    if (this.#next === this.#batch.length) return this.#receiveNext();
    const result: IteratorResult<T, undefined> = { value: this.#batch[this.#next++]!, done: false };
    return mustTurn() ? afterTurn(result) : Promise.resolve(result);
  }

  async #receiveNext(): Promise<IteratorResult<T, undefined>> {
    while (this.#next === this.#batch.length) {
      const { value, done } = await this.#receiver.receive();
      if (done === true) return { value: undefined, done: true };
      this.#open(value);
    }
    return { value: this.#batch[this.#next++]!, done: false };
  }

  #receiveSync(): IteratorResult<T, undefined> {
    while (this.#next === this.#batch.length) {
      const { value, done } = this.#receiver.receiveSync();
      if (done === true) return { value: undefined, done: true };
      this.#open(value);
    }
    return { value: this.#batch[this.#next++]!, done: false };
  }

  /** Takes a batch; an error goes to `onError`, or ends the iteration. */
  #open(batch: Batch<T>): void {
    if (!(batch instanceof Error)) {
      this.#batch = batch;
      this.#next = 0;
    } else if (this.#onError !== undefined) {
      this.#onError(batch);
    } else {
      this.close();
      throw batch;
    }
  }

  #rest(): T[] {
    const rest = this.#next === 0 ? this.#batch : this.#batch.slice(this.#next);
    this.#batch = NOTHING;
    this.#next = 0;
    return rest;
  }
}

function decode<T>(
  decoder: SourceDecoder<T>,
  memory: ChannelMemory,
  kind: number,
  at: number,
  length: number,
): Batch<T> {
  switch (kind) {
    case ASCII_BATCH:
    case UTF8_BATCH:
      return decoder.batch(memory, at, length, kind === ASCII_BATCH);
    case PART:
      decoder.part?.(Buffer.from(memory.bytes.subarray(at, at + length)));
      return NOTHING;
    case FAULT:
      return decoder.fault(memory.bytes.toString('utf8', at, at + length));
    default:
      throw new Error(`the channel holds a frame of the unknown kind ${kind}`);
  }
}

/** The text of a batch, in one piece. */
export function textOf(memory: ChannelMemory, at: number, end: number, isAscii: boolean): string {
  return isAscii ? memory.bytes.latin1Slice(at, end) : memory.bytes.toString('utf8', at, end);
}

/** Code, path and words of a fault. */
export function parseFault(text: string): { code: string; path: string; reason: string } {
  const [code = 'EIO', path = '', reason = ''] = text.split('\0');
  return { code, path, reason };
}
