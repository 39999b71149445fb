/** The functions that a native thread knows, by the numbers of their definitions. */
import { BackbeatError } from '../errors.ts';
import type { NativeLane } from '../native.ts';
import { revive } from './revive-function.ts';
import { codecMemory, decodeValue } from './value-codec.ts';

export type LaneFunction = (...args: readonly unknown[]) => unknown;

/** Most functions that are remembered; a function that is met again later is made again. */
const MOST_FUNCTIONS = 512;

/** See the head of the file. */
export class FunctionCache {
  readonly #lane: NativeLane;
  readonly #functions = new Map<number, LaneFunction | Promise<LaneFunction>>();
  /** Definitions that came by message port and are not in the core. */
  readonly #learned = new Map<number, unknown>();

  constructor(lane: NativeLane) {
    this.#lane = lane;
  }

  /** The function of a number; a promise while its modules are being imported. Never throws. */
  get(number: number): LaneFunction | Promise<LaneFunction> {
    return this.#functions.get(number) ?? this.#make(number);
  }

  /** Keeps a definition that only a port can carry. */
  learn(number: number, definition: unknown): void {
    this.#learned.set(number, definition);
  }

  /** Forgets a definition that came by port. */
  forget(number: number): void {
    this.#learned.delete(number);
    this.#functions.delete(number);
  }

  #make(number: number): LaneFunction | Promise<LaneFunction> {
    let made: LaneFunction | Promise<LaneFunction>;
    try {
      made = revive(this.#definition(number)) as LaneFunction | Promise<LaneFunction>;
    } catch (error) {
      return Promise.reject(error);
    }
    this.#keep(number, made);
    if (typeof made !== 'function') {
      made.then(
        (ready) => this.#keep(number, ready),
        // A module that could not be imported may be importable at the next call.
        () => this.#functions.delete(number),
      );
    }
    return made;
  }

  #keep(number: number, made: LaneFunction | Promise<LaneFunction>): void {
    this.#functions.set(number, made);
    if (this.#functions.size <= MOST_FUNCTIONS) return;
    const [oldest] = this.#functions.keys();
    this.#functions.delete(oldest as number);
  }

  #definition(number: number): unknown {
    const learned = this.#learned.get(number);
    if (learned !== undefined) return learned;
    const bytes = this.#lane.definition(number);
    if (bytes === null || bytes === undefined) {
      throw new BackbeatError(
        'BACKBEAT_INTERNAL',
        `the definition ${number} is not known any more`,
      );
    }
    return decodeValue(codecMemory(bytes.buffer as ArrayBuffer), bytes.byteOffset);
  }
}
