/**
 * Runs jobs on a native thread.
 *
 * A turn takes batch after batch and runs one job after the other, without going back to the event
 * loop as long as there is work: up to a limit, so that sockets and timers of jobs get their turn. A
 * job that returns a promise is waited for in the event loop; what is left of the batch meanwhile,
 * idle threads take.
 */
import { getHeapStatistics } from 'node:v8';
import { ThreadLostError } from '../errors.ts';
import type { NativeLane } from '../native.ts';
import { isThenable } from '../thenable.ts';
import { encodeError } from './error-codec.ts';
import { FunctionCache, type LaneFunction } from './function-cache.ts';
import {
  ARGUMENTS_SHIFT,
  emptyFrame,
  FLAG_LARGE,
  FLAG_PORT,
  type Frame,
  type LaneMemory,
  STATUS_DONE,
  STATUS_DONE_BY_PORT,
  STATUS_FAILED,
  STATUS_RUN_LAST,
  STATUS_STOPPED,
} from './lane-memory.ts';
import { LanePost } from './lane-post.ts';
import type { LaneStart } from './lane-threads.ts';
import { isMoved } from './moved.ts';
import { RunningJobs } from './running-jobs.ts';
import { ThreadWorker, type TimedValues } from './thread-worker.ts';
import { handleOf } from './timed-desk.ts';
import { codecMemory, decodeValue, encodeParts, NEEDS_PORT } from './value-codec.ts';

/** Answers of `exchange` that are no number of jobs. */
const WATCH = -1;
const RETIRE = -2;
/** How long a turn may last before the event loop gets its own. */
const TURN_MS = 5;
/** How soon an idle thread looks whether a busy one has left something. */
const WATCH_MS = 2;
/** Jobs between two looks at the size of the heap. */
const HEAP_CHECK_JOBS = 64;

// Taken at load: fake timers of a job must not stop us.
const readHighResolution = process.hrtime;
const setTimeoutAtLoad = setTimeout;
const clearTimeoutAtLoad = clearTimeout;
const setImmediateAtLoad = setImmediate;
const drainTicks =
  (process as unknown as { _tickCallback?: () => void })._tickCallback ?? (() => undefined);

/** See the head of the file. */
export class LaneRunner {
  /** Called when the thread was woken. */
  readonly turn: () => void;
  readonly #memory: LaneMemory;
  readonly #start: LaneStart;
  readonly #end: () => void;
  readonly #frame: Frame = emptyFrame();
  readonly #running = new RunningJobs((into) => this.#takeAborts(into));
  #lane!: NativeLane;
  #functions!: FunctionCache;
  #post!: LanePost;
  #hasBatch = false;
  #isTurning = false;
  #watch: NodeJS.Timeout | undefined;
  #parcelsTaken = 0;
  #tasks = 0;
  #isFull = false;
  #isEnding = false;

  constructor(memory: LaneMemory, start: LaneStart, end: () => void) {
    this.#memory = memory;
    this.#start = start;
    this.#end = end;
    this.turn = () => this.#takeTurn();
  }

  /** The thread is known to the core. */
  begin(lane: NativeLane): void {
    this.#lane = lane;
    this.#functions = new FunctionCache(lane);
    this.#post = new LanePost(this.#start.port, this.#functions);
    // Both run before the environment is gone, so that the jobs fail with the reason.
    process.on('uncaughtExceptionMonitor', (error) => this.#failRunning(error));
    process.on('exit', (code) => this.#failRunning(new Error(`process.exit(${code}) was called`)));
    this.#takeTurn();
  }

  #takeTurn(): void {
    if (this.#isTurning || this.#isEnding) return;
    this.#isTurning = true;
    if (this.#watch !== undefined) clearTimeoutAtLoad(this.#watch);
    this.#watch = undefined;
    try {
      this.#work();
    } finally {
      this.#isTurning = false;
    }
  }

  #work(): void {
    const startedMs = readClock();
    this.#running.heedAborts(this.#memory);
    this.#takeParcels();
    while (this.#running.count === 0) {
      if (!this.#hasBatch && !this.#exchange()) return;
      while (this.#running.count === 0) {
        if (!this.#memory.claim(this.#frame)) {
          this.#hasBatch = false;
          break;
        }
        this.#runFrame(this.#frame);
        // The core decides when a worker runs next, and must not wait for what stands behind it.
        if (isTimed(this.#frame) && this.#memory.hasMore && this.#memory.hasResults) {
          this.#lane.publish();
        }
      }
      if (readClock() - startedMs > TURN_MS) {
        setImmediateAtLoad(this.turn);
        return;
      }
    }
    // A job is waited for: what is done meanwhile must not wait with it.
    if (this.#memory.hasResults) this.#lane.publish();
  }

  /** Gets a batch; false when there is none. */
  #exchange(): boolean {
    const answer = this.#lane.exchange(this.#isFull);
    if (answer > 0) {
      this.#memory.beginBatch();
      this.#hasBatch = true;
      return true;
    }
    if (answer === WATCH) this.#watch = setTimeoutAtLoad(this.turn, WATCH_MS);
    if (answer === RETIRE) {
      this.#isEnding = true;
      this.#end();
    }
    return false;
  }

  #runFrame(frame: Frame): void {
    if (this.#running.wasAborted(frame)) {
      this.#give(frame, STATUS_STOPPED, undefined);
      return;
    }
    if ((frame.flags & FLAG_PORT) !== 0) this.#post.study();
    const cached = this.#functions.get(frame.kind);
    let args: readonly unknown[];
    try {
      args = isTimed(frame) ? this.#readRun(frame) : this.#readArguments(frame);
    } catch (error) {
      this.#fail(frame, error);
      return;
    }
    this.#running.current = frame;
    this.#run(frame, cached, args);
    this.#countTask();
  }

  #readArguments(frame: Frame): readonly unknown[] {
    const count = (frame.flags >>> ARGUMENTS_SHIFT) & 0xff;
    if (count === 0) return NO_ARGUMENTS;
    let value: unknown;
    if ((frame.flags & FLAG_LARGE) !== 0) {
      const bytes = this.#lane.takeLargeJob() as Buffer;
      value = decodeValue(codecMemory(bytes.buffer as ArrayBuffer), bytes.byteOffset);
    } else value = decodeValue(this.#memory.memory, frame.payloadAt);
    return count === 1 ? [value] : (value as readonly unknown[]);
  }

  /** What the function of a timed worker is called with. */
  #readRun(frame: Frame): readonly unknown[] {
    let { memory } = this.#memory;
    let at = frame.payloadAt;
    if ((frame.flags & FLAG_LARGE) !== 0) {
      const bytes = this.#lane.takeLargeJob() as Buffer;
      memory = codecMemory(bytes.buffer as ArrayBuffer);
      at = bytes.byteOffset;
    }
    const runs = memory.words[at >> 2] as number;
    const handle = handleOf(frame.slot, memory.words[(at >> 2) + 1] as number);
    const encoded = decodeValue(memory, at + 8) as TimedValues | number;
    const values =
      typeof encoded === 'number' ? (this.#post.dataOf(encoded) as TimedValues) : encoded;
    const worker = new ThreadWorker(this.#lane, handle, runs >>> 0, values);
    const [, , data, ...args] = values;
    return [data, worker, ...args];
  }

  /** Jobs that came by message port. */
  #takeParcels(): void {
    while (this.#parcelsTaken !== this.#memory.assigned) {
      const parcel = this.#post.nextParcel();
      if (parcel === undefined) return;
      this.#parcelsTaken++;
      const { slot, sequence, definition, content, args } = parcel;
      const { home: origin } = this.#start;
      const frame = {
        slot,
        sequence,
        kind: definition,
        flags: 0,
        origin: origin | 0,
        payloadAt: 0,
      };
      if (content !== undefined) this.#functions.learn(definition, content);
      if (this.#running.wasAborted(frame)) this.#give(frame, STATUS_STOPPED, undefined);
      else
        this.#running.within(frame, () => this.#run(frame, this.#functions.get(definition), args));
    }
  }

  #run(frame: Frame, task: LaneFunction | Promise<LaneFunction>, args: readonly unknown[]): void {
    let result: unknown;
    try {
      result = typeof task === 'function' ? task(...args) : task.then((it) => it(...args));
      if (isThenable(result)) {
        this.#await(frame, result);
        return;
      }
      this.#finish(frame, result);
    } catch (error) {
      this.#fail(frame, error);
    }
    drainTicks();
    this.#running.endAtOnce(frame);
  }

  /** Nearly always the promise is settled as soon as the microtasks have run. */
  #await(shared: Frame, result: PromiseLike<unknown>): void {
    const frame = { ...shared };
    this.#running.add(frame);
    // By way of a promise: a foreign thenable may settle twice, a job ends once.
    Promise.resolve(result).then(
      (value) => this.#ended(frame, () => this.#finish(frame, value)),
      (error) => this.#ended(frame, () => this.#fail(frame, error)),
    );
    drainTicks();
  }

  #ended(frame: Frame, give: () => void): void {
    if (!this.#running.remove(frame)) return;
    give();
    if (!this.#isTurning) setImmediateAtLoad(this.turn);
  }

  #finish(frame: Frame, value: unknown): void {
    if (isTimed(frame)) {
      this.#give(frame, value === false ? STATUS_RUN_LAST : STATUS_DONE, undefined);
      return;
    }
    try {
      if (!isMoved(value)) this.#give(frame, STATUS_DONE, value);
      else if (this.#isFromHome(frame)) this.#giveByPort(frame, value.value, value.transfer);
      else this.#give(frame, STATUS_DONE, value.value);
    } catch (error) {
      this.#fail(frame, error);
    }
  }

  #fail(frame: Frame, error: unknown): void {
    this.#give(frame, STATUS_FAILED, encodeError(error));
  }

  #give(frame: Frame, status: number, value: unknown): void {
    let used = this.#memory.give(frame, status, value);
    if (used < 0 && this.#memory.hasResults) {
      this.#lane.publish();
      used = this.#memory.give(frame, status, value);
    }
    if (used > 0) return;
    const parts = used === NEEDS_PORT ? NEEDS_PORT : encodeParts(value, 'result');
    if (parts === NEEDS_PORT) {
      this.#giveByPort(frame, value, []);
      return;
    }
    const { slot, sequence, origin } = frame;
    this.#lane.publishLarge(slot, status, sequence, origin, parts.head, parts.body);
  }

  /** The message comes first, so that it is there when the result is read. */
  #giveByPort(frame: Frame, value: unknown, transfer: readonly Transferable[]): void {
    this.#start.port.postMessage({ value }, transfer);
    this.#give(frame, STATUS_DONE_BY_PORT, this.#start.ticket);
  }

  #isFromHome(frame: Frame): boolean {
    return frame.origin === (this.#start.home | 0);
  }

  #takeAborts(into: (origin: number, slot: number, sequence: number) => void): void {
    const aborts = this.#lane.takeAborts();
    for (let at = 0; at < aborts.length; at += 3) {
      into(
        (aborts[at] as number) | 0,
        (aborts[at + 1] as number) | 0,
        (aborts[at + 2] as number) | 0,
      );
    }
  }

  #countTask(): void {
    const { tasksPerThread, heapLimitBytes } = this.#start;
    this.#tasks++;
    if (tasksPerThread > 0 && this.#tasks >= tasksPerThread) this.#isFull = true;
    if (heapLimitBytes > 0 && this.#tasks % HEAP_CHECK_JOBS === 0) {
      if (getHeapStatistics().used_heap_size > heapLimitBytes) this.#isFull = true;
    }
  }

  /** The thread ends with jobs running: they get the reason. */
  #failRunning(cause: unknown): void {
    for (const frame of this.#running.takeAll()) {
      this.#fail(frame, new ThreadLostError('the job', cause));
    }
    this.#lane.publish();
  }
}

const NO_ARGUMENTS: readonly unknown[] = [];

/** Milliseconds. Not of `performance`, which a new thread would have to load first. */
function readClock(): number {
  const [seconds, nanoseconds] = readHighResolution();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** The run of a timed worker: the upper bit of its slot is set. */
function isTimed(frame: Frame): boolean {
  return frame.slot < 0;
}

type Transferable = import('node:worker_threads').Transferable;
