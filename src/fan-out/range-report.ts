/**
 * Results of a fan-out on their way from a thread: runs of successive ids, many in one message.
 *
 * A value is copied when its job returns, as the next job may change it. Numbers travel as one array
 * of doubles, results of functions that return nothing as a count, others as encoded bytes. The ids
 * of long jobs alternate between the threads, so that runs are short: what is made anew for each run
 * is small, and the runs of a message share a page of bytes.
 */
import type { Transferable } from 'node:worker_threads';
import { type CodecMemory, codecMemory } from '../lane/codec-memory.ts';
import { encodeError } from '../lane/error-codec.ts';
import { Moved } from '../lane/moved.ts';
import { encodeValue, NEEDS_PORT, refuse } from '../lane/value-codec.ts';
import type { LogLevel } from '../pool-log.ts';

/** Results of the ids from `firstId` on. */
export type ResultRun =
  | {
      readonly is: 'numbers';
      readonly firstId: number;
      readonly values: Float64Array | readonly number[];
    }
  | { readonly is: 'nothing'; readonly firstId: number; readonly count: number }
  | {
      readonly is: 'encoded';
      readonly firstId: number;
      /** A page that other runs of the message may share. */
      readonly bytes: ArrayBuffer;
      /** Where in the page each value begins. */
      readonly offsets: readonly number[];
    }
  | { readonly is: 'value'; readonly firstId: number; readonly value: unknown }
  | {
      readonly is: 'failure';
      readonly firstId: number;
      readonly error: unknown;
      /** The error comes from our own side and not from the thread. */
      readonly isDecoded?: true;
    };

/** What a thread of a fan-out posts. */
export type RangeMessage =
  | { readonly runs: readonly ResultRun[] }
  | { readonly level: LogLevel; readonly text: string };

/** Where messages go. */
interface Outlet {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
}

type Gathered = 'numbers' | 'nothing' | 'encoded';

const SMALLEST_PAGE = 1 << 12;
const LARGEST_PAGE = 1 << 18;
/** Fewer numbers than this are copied: to move one took 1.6 µs, to copy it 0.5; 256 took 3.7 each way. */
const FEWEST_MOVED = 64;

/** Gathers results until they are sent. */
export class RangeReport {
  readonly #outlet: Outlet;
  readonly #onSent: (lastId: number) => void;
  #runs: ResultRun[] = [];
  #transfer: Transferable[] = [];
  // The run that is being gathered.
  #is: Gathered | undefined;
  #firstId = 0;
  #nextId = 0;
  #numbers: number[] = [];
  #offsets: number[] = [];
  // The page, in which the encoded runs of the next message lie one behind the other.
  #page: CodecMemory | undefined;
  #used = 0;
  #pageBytes = SMALLEST_PAGE;

  /** @param onSent - Told when everything up to an id was sent. */
  constructor(outlet: Outlet, onSent: (lastId: number) => void) {
    this.#outlet = outlet;
    this.#onSent = onSent;
  }

  /** A job returned. */
  add(id: number, value: unknown): void {
    let is: Gathered = 'encoded';
    if (typeof value === 'number') is = 'numbers';
    else if (value === undefined) is = 'nothing';
    if (this.#is !== is || id !== this.#nextId) is = this.#begin(id, is);
    this.#nextId = id + 1;
    if (is === 'numbers') this.#numbers.push(value as number);
    else if (is === 'encoded') this.#encode(id, value);
  }

  /** A job threw. */
  addFailure(id: number, error: unknown): void {
    this.#close();
    this.#nextId = id + 1;
    this.#runs.push({ is: 'failure', firstId: id, error: encodeError(error) });
  }

  /** Sends what was gathered. */
  send(): void {
    this.#close();
    if (this.#runs.length === 0) return;
    const [runs, transfer] = [this.#runs, this.#transfer];
    this.#runs = [];
    this.#transfer = [];
    this.#page = undefined;
    this.#outlet.postMessage({ runs } satisfies RangeMessage, transfer);
    this.#onSent(this.#nextId - 1);
  }

  /** Begins a run, unless the one that is open can take the value. */
  #begin(id: number, is: Gathered): Gathered {
    if (this.#is === 'encoded' && id === this.#nextId) return 'encoded';
    const isMixed = this.#is !== undefined && this.#is !== is;
    this.#close();
    this.#firstId = id;
    // Kinds that alternate would make a run of each value.
    this.#is = isMixed ? 'encoded' : is;
    return this.#is;
  }

  #close(): void {
    const firstId = this.#firstId;
    if (this.#is === 'numbers') {
      this.#runs.push({ is: 'numbers', firstId, values: this.#takeNumbers() });
    } else if (this.#is === 'nothing') {
      this.#runs.push({ is: 'nothing', firstId, count: this.#nextId - firstId });
    } else if (this.#offsets.length > 0 && this.#page !== undefined) {
      const bytes = this.#page.words.buffer as ArrayBuffer;
      this.#runs.push({ is: 'encoded', firstId, bytes, offsets: this.#offsets });
      this.#offsets = [];
    }
    this.#is = undefined;
  }

  #takeNumbers(): Float64Array | readonly number[] {
    const few = this.#numbers;
    this.#numbers = [];
    if (few.length < FEWEST_MOVED) return few;
    const values = Float64Array.from(few);
    this.#transfer.push(values.buffer);
    return values;
  }

  #encode(id: number, result: unknown): void {
    try {
      if (result instanceof Moved) this.#sendAlone(id, result.value, result.transfer);
      else if (!this.#append(result)) this.#sendAlone(id, result, []);
    } catch (error) {
      this.addFailure(id, error);
    }
  }

  /** False for a value that only a port can carry. */
  #append(value: unknown): boolean {
    for (;;) {
      this.#page ??= this.#newPage(this.#pageBytes);
      const room = this.#page.bytes.length - this.#used;
      const used = encodeValue(this.#page, this.#used, room, value, 'result');
      if (used === NEEDS_PORT) return false;
      if (used > 0) {
        this.#offsets.push(this.#used);
        this.#used += used;
        return true;
      }
      this.#makeRoom(-used);
    }
  }

  /** A larger page for this value; what is in the one so far becomes a run. */
  #makeRoom(needed: number): void {
    this.#pageBytes = Math.min(2 * this.#pageBytes, LARGEST_PAGE);
    const id = this.#nextId - 1;
    this.#close();
    this.#is = 'encoded';
    this.#firstId = id;
    this.#page = this.#newPage(Math.max(needed, this.#pageBytes));
  }

  #newPage(bytes: number): CodecMemory {
    const buffer = new ArrayBuffer(bytes);
    this.#transfer.push(buffer);
    this.#used = 0;
    return codecMemory(buffer);
  }

  #sendAlone(id: number, value: unknown, transfer: readonly Transferable[]): void {
    this.#nextId = id;
    this.send();
    this.#nextId = id + 1;
    const runs: ResultRun[] = [{ is: 'value', firstId: id, value }];
    try {
      this.#outlet.postMessage({ runs } satisfies RangeMessage, transfer);
    } catch (cause) {
      throw refuse(value, 'result', cause);
    }
    this.#onSent(id);
  }
}
