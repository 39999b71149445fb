/**
 * The owner's end of timed workers on threads: their handles in the core, and what the core tells of
 * them. Most runs are not told: only failures, the end of a worker, and a pause that takes effect.
 */
import type { Frame } from './lane-memory.ts';

/** Handle of what is not in the core. */
export const NO_HANDLE = -1;

/** Bit of `timedFlags` beside those of `worker-flags.ts`: a run is under way or due. */
export const ACTIVE = 8;

/** Flag of a start: runs lie on a fixed grid. */
export const RUNS_ON_TIME = 1;
/** Flag of a start: missed slots are run. */
export const RUNS_PAST_EVENTS = 2;
/** Flag of a start: a failed run is tried again. */
export const IGNORES_EXCEPTIONS = 4;
/** Flag of a start: only threads of this isolate can run it. */
export const STAYS_HOME = 8;
/** Flag of a start: we keep the time. */
export const IS_TIMED_BY_OWNER = 16;

/** Notice: a run threw. */
export const STATUS_RUN_FAILED = 10;
/** Notice: the thread of a run is gone. */
export const STATUS_RUN_LOST = 11;
/** Notice: a run is over; the worker's owner keeps the time and says what follows. */
export const STATUS_RUN_OVER = 12;
/** Notice: a paused worker has ended its run. */
export const STATUS_WORKER_IDLE = 13;
/** Notice: a worker is finished. */
export const STATUS_WORKER_FINISHED = 14;

/** Not from the core: no thread comes up that could run the worker. */
export const NO_THREAD = -1;

/** What is told: flags of the notice, and the error as it came when there is one. */
export interface TimedNotice {
  readonly kind: number;
  readonly flags: number;
  readonly error: unknown;
}

type Receiver<W> = (worker: W, notice: TimedNotice, handle: number) => void;

const GENERATION_UNIT = 2 ** 32;
const SLOT_MASK = 0x7fffffff;

/** The handle that a frame of a timed worker and a generation name. */
export function handleOf(slot: number, generation: number): number {
  return (generation >>> 0) * GENERATION_UNIT + (slot & SLOT_MASK);
}

/** See the head of the file. */
export class TimedDesk<W> {
  /** Called for each notice; it may be for an earlier worker in the same place. */
  receive: Receiver<W> | undefined;
  /** By the place in the core's table that the handle names. */
  readonly #workers: (W | undefined)[] = [];

  /** Registers a worker for what the core tells of its handle. */
  add(handle: number, worker: W): void {
    this.#workers[handle % GENERATION_UNIT] = worker;
  }

  /** Nothing more comes for this handle. */
  remove(handle: number): void {
    this.#workers[handle % GENERATION_UNIT] = undefined;
  }

  /** No thread comes up. */
  giveUp(error: unknown): void {
    for (const worker of [...this.#workers]) {
      if (worker !== undefined) this.receive?.(worker, { kind: NO_THREAD, flags: 0, error }, -1);
    }
  }

  /** Passes a notice on. */
  heed(frame: Frame, readError: () => unknown): void {
    const { kind, flags } = frame;
    const error = kind === STATUS_RUN_FAILED ? readError() : undefined;
    const worker = this.#workers[frame.slot & SLOT_MASK];
    const handle = handleOf(frame.slot, frame.sequence);
    if (worker !== undefined) this.receive?.(worker, { kind, flags, error }, handle);
  }
}
