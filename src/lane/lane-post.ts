/** What comes to a native thread by its message port: parcels, and lessons in between. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { FunctionCache } from './function-cache.ts';
import type { Parcel } from './parcel-desk.ts';
import type { Lesson } from './thread-lessons.ts';

/** See the head of the file. */
export class LanePost {
  readonly #port: MessagePort;
  readonly #functions: FunctionCache;
  /** Data of timed workers by the id of the worker. */
  readonly #data = new Map<number, readonly unknown[]>();
  /** Parcels that lay before a lesson. */
  readonly #early: Parcel[] = [];

  constructor(port: MessagePort, functions: FunctionCache) {
    this.#port = port;
    this.#functions = functions;
  }

  /** The next parcel; undefined when it has not come yet. */
  nextParcel(): Parcel | undefined {
    return this.#early.shift() ?? this.#receive();
  }

  /** Reads all that has come, so that every lesson is learned. */
  study(): void {
    for (let parcel = this.#receive(); parcel !== undefined; parcel = this.#receive()) {
      this.#early.push(parcel);
    }
  }

  /** A copy of the data of a worker. */
  dataOf(workerId: number): readonly unknown[] {
    return structuredClone(this.#data.get(workerId) ?? []);
  }

  #receive(): Parcel | undefined {
    for (;;) {
      const message = receiveMessageOnPort(this.#port)?.message as Parcel | Lesson | undefined;
      if (message === undefined || !('about' in message)) return message;
      this.#learn(message);
    }
  }

  #learn({ about, number, content }: Lesson): void {
    if (about === 'definition') {
      if (content === undefined) this.#functions.forget(number);
      else this.#functions.learn(number, content);
    } else if (content === undefined) this.#data.delete(number);
    else this.#data.set(number, content as readonly unknown[]);
  }
}
