/**
 * Results of a fan-out on their way from a thread: runs of successive ids, many in one message.
 *
 * A value is copied when its job returns, as the next job may change it. Numbers travel as one array
 * of doubles, results of functions that return nothing as a count, others as encoded bytes.
 */
import type { Transferable } from 'node:worker_threads';
import { type CodecMemory, codecMemory } from '../lane/codec-memory.ts';
import { encodeError } from '../lane/error-codec.ts';
import { Moved } from '../lane/moved.ts';
import { encodeValue, NEEDS_PORT, refuse } from '../lane/value-codec.ts';
import type { LogLevel } from '../pool-log.ts';

/** Results of the ids from `firstId` on. */
export type ResultRun =
  | { readonly is: 'numbers'; readonly firstId: number; readonly values: Float64Array }
  | { readonly is: 'nothing'; readonly firstId: number; readonly count: number }
  | {
      readonly is: 'encoded';
      readonly firstId: number;
      readonly bytes: ArrayBuffer;
      /** Where in the bytes each value begins. */
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

const SMALLEST_BUFFER = 1 << 12;
const LARGEST_BUFFER = 1 << 18;

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
  #memory: CodecMemory | undefined;
  #used = 0;
  #bufferBytes = SMALLEST_BUFFER;

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
      const values = Float64Array.from(this.#numbers);
      this.#transfer.push(values.buffer);
      this.#runs.push({ is: 'numbers', firstId, values });
      this.#numbers = [];
    } else if (this.#is === 'nothing') {
      this.#runs.push({ is: 'nothing', firstId, count: this.#nextId - firstId });
    } else if (this.#is === 'encoded' && this.#memory !== undefined) {
      const bytes = this.#memory.words.buffer as ArrayBuffer;
      this.#transfer.push(bytes);
      this.#runs.push({ is: 'encoded', firstId, bytes, offsets: this.#offsets });
      this.#offsets = [];
      this.#memory = undefined;
      this.#used = 0;
    }
    this.#is = undefined;
  }

  #encode(id: number, result: unknown): void {
    try {
      if (result instanceof Moved) this.#sendAlone(id, result.value, result.transfer);
      else if (!this.#append(result)) this.#sendAlone(id, result, []);
    } catch (error) {
      this.#closeBefore(id);
      this.addFailure(id, error);
    }
  }

  /** False for a value that only a port can carry. */
  #append(value: unknown): boolean {
    for (;;) {
      this.#memory ??= codecMemory(new ArrayBuffer(this.#bufferBytes));
      const room = this.#memory.bytes.length - this.#used;
      const used = encodeValue(this.#memory, this.#used, room, value, 'result');
      if (used === NEEDS_PORT) return false;
      if (used > 0) {
        this.#offsets.push(this.#used);
        this.#used += used;
        return true;
      }
      this.#makeRoom(-used);
    }
  }

  /** A larger buffer for this value; what is in the one so far becomes a run. */
  #makeRoom(needed: number): void {
    const grown = Math.min(2 * this.#bufferBytes, LARGEST_BUFFER);
    this.#bufferBytes = grown;
    const id = this.#nextId - 1;
    this.#closeBefore(id);
    this.#is = 'encoded';
    this.#firstId = id;
    this.#memory = codecMemory(new ArrayBuffer(Math.max(needed, grown)));
  }

  #sendAlone(id: number, value: unknown, transfer: readonly Transferable[]): void {
    this.#closeBefore(id);
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

  /** Closes the run in front of an id that could not go into it. */
  #closeBefore(id: number): void {
    if (this.#firstId === id || this.#offsets.length === 0) {
      this.#is = undefined;
      this.#memory = undefined;
      this.#used = 0;
      return;
    }
    this.#close();
  }
}
