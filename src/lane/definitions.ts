/**
 * The definitions of functions that this isolate has sent to threads. Each is kept once in the core
 * under a number, which is all that a job carries; a lane asks for it when it meets the number for
 * the first time.
 */
import type { NativeLaneClient } from '../native.ts';
import type { CarriedFunction } from './carried-function.ts';
import { encodeOwn, NEEDS_PORT } from './value-codec.ts';

/** See the head of the file. */
export class Definitions {
  readonly #native: NativeLaneClient;
  readonly #numbers = new WeakMap<CarriedFunction, number>();
  /** Forgets the definition of a function that nobody can send any more. */
  readonly #forgotten: FinalizationRegistry<number>;

  constructor(native: NativeLaneClient) {
    this.#native = native;
    this.#forgotten = new FinalizationRegistry((number) => native.undefine(number));
  }

  /** The number of a function, kept in the core from now on. */
  numberOf(task: CarriedFunction): number {
    return this.#numbers.get(task) ?? this.#define(task);
  }

  /** One that bytes cannot carry has a number too; its content goes with the first parcel. */
  #define(task: CarriedFunction): number {
    const bytes = task.sharesMemory ? NEEDS_PORT : encodeOwn(task.definition, 'captures');
    const number = this.#native.define(bytes === NEEDS_PORT ? NO_BYTES : bytes);
    this.#numbers.set(task, number);
    this.#forgotten.register(task, number);
    return number;
  }
}

const NO_BYTES = new Uint8Array(0);
