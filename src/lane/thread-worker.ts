import type { NativeLane } from '../native.ts';

/** What a run is given: name and id of the worker, its data, the arguments of its start. */
export type TimedValues<D = unknown> = readonly [string | undefined, number, D, ...unknown[]];

/**
 * A worker as its callback sees it on a native thread. What it is asked for takes effect when the run
 * is over, as on the event loop; it may be kept and used later, too.
 */
export class ThreadWorker<D = unknown> {
  /** Name of the worker. */
  readonly name: string | undefined;
  /** Id of the worker in the isolate that made it. */
  readonly id: number;
  /** The copy of the worker's data that this run was given. */
  readonly data: D;
  /** Runs since the last start, this one included. Retries do not count. */
  readonly numberOfRuns: number;
  readonly #lane: NativeLane;
  readonly #handle: number;

  /** @internal */
  constructor(
    lane: NativeLane,
    handle: number,
    numberOfRuns: number,
    [name, id, data]: TimedValues<D>,
  ) {
    this.#lane = lane;
    this.#handle = handle;
    this.numberOfRuns = numberOfRuns;
    this.name = name;
    this.id = id;
    this.data = data;
  }

  /** Stops the worker: no further run. Its `finished` is called by the isolate that made it. */
  stop(): this {
    this.#lane.stopTimed(this.#handle);
    return this;
  }

  /** Takes the next run out until the isolate that made the worker unpauses it. */
  pause(): this {
    this.#lane.pauseTimed(this.#handle);
    return this;
  }
}
