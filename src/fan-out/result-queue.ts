/** Results of a fan-out that have come and were not taken. */
import type { ResultRun } from './range-report.ts';
import { valuesOf } from './result-reader.ts';

/** See the head of the file. */
export class ResultQueue {
  readonly #isOrdered: boolean;
  /** By their first id; in order of arrival. */
  readonly #runs = new Map<number, ResultRun>();
  #values: ArrayLike<unknown> = [];
  #at = 0;
  #firstId = 0;
  #nextId = 0;

  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered;
  }

  add(run: ResultRun): void {
    this.#runs.set(run.firstId, run);
  }

  /** Goes to the next result; false when it has not come. */
  advance(): boolean {
    if (this.#at < this.#values.length) return true;
    const run = this.#isOrdered ? this.#runs.get(this.#nextId) : this.#runs.values().next().value;
    if (run === undefined) return false;
    this.#runs.delete(run.firstId);
    this.#values = valuesOf(run);
    this.#at = 0;
    this.#firstId = run.firstId;
    this.#nextId = run.firstId + this.#values.length;
    return true;
  }

  /** Takes the result that `advance` went to, with its id where the order does not tell it. */
  take(): unknown {
    const value = this.#values[this.#at];
    const id = this.#firstId + this.#at++;
    return this.#isOrdered ? value : [id, value];
  }

  clear(): void {
    this.#runs.clear();
    this.#values = [];
    this.#at = 0;
  }
}
