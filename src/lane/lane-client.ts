/**
 * The isolate's end of the thread lane: submits jobs and settles them when their results come.
 *
 * A job is written into memory shared with the core and is visible to every lane at once; nothing is
 * called unless a lane must be woken or started. What bytes cannot carry goes through the message
 * port of one of our own lanes, which is reserved for it.
 */
import { isMainThread, receiveMessageOnPort, type Transferable } from 'node:worker_threads';
import { withoutContext } from '../async-context.ts';
import { JobStoppedError, ThreadLostError, type ThreadStartError } from '../errors.ts';
import { setTimeoutAtLoad } from '../host-at-load.ts';
import { type NativeLaneClient, native } from '../native.ts';
import { Definitions } from './definitions.ts';
import { decodeError, importErrorClasses, missingErrorModules } from './error-codec.ts';
import {
  ARGUMENTS_SHIFT,
  ClientMemory,
  checkLaneLayout,
  emptyFrame,
  FLAG_LARGE,
  type Frame,
  KICK_NEVER,
  KICK_TO_GROW,
  PRIORITY_SHIFT,
  STATUS_DONE_BY_PORT,
  STATUS_END_LANE,
  STATUS_FAILED,
  STATUS_GROW,
  STATUS_LANE_GONE,
  STATUS_LANE_UP,
  STATUS_LOST,
  STATUS_STOPPED,
} from './lane-memory.ts';
import {
  FOR_ANYBODY,
  FOR_LEASE,
  type LaneThread,
  LaneThreads,
  LOOK_AGAIN,
  START_THREAD,
} from './lane-threads.ts';
import { ParcelDesk } from './parcel-desk.ts';
import type { PendingJob } from './pending-job.ts';
import { ResultPoll } from './result-poll.ts';
import { ThreadLessons } from './thread-lessons.ts';
import { STATUS_RUN_FAILED, TimedDesk } from './timed-desk.ts';
import { codecMemory, decodeValue, encodeParts, NEEDS_PORT } from './value-codec.ts';

/** Answer of the native side to an abort: the job will never start. */
const DROPPED = -1;
/** How long a thread that can be terminated blocks at most before it looks whether it was. */
const HEARTBEAT_MS = 100;
/** Why a job that has not started is stopped with the threads. */
const DISMISSED = 'killJobs() was called';
const NOTHING: readonly string[] = [];
/** Looks at the results before a blocking wait. */
const SPINS = 2000;

/** See the head of the file. One per isolate: {@link laneClient}. */
export class LaneClient {
  readonly native: NativeLaneClient;
  readonly threads: LaneThreads;
  readonly definitions: Definitions;
  /** Timed workers of this isolate. */
  readonly timed: TimedDesk<unknown> = new TimedDesk();
  readonly lessons: ThreadLessons;
  readonly #memory = new ClientMemory();
  readonly #parcels: ParcelDesk;
  readonly #poll: ResultPoll;
  readonly #frame: Frame = emptyFrame();
  readonly #jobs: (PendingJob | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #drain: () => void;
  #sequence = 0;
  #underWay = 0;
  /** Jobs, waits and timed workers that hold the process. */
  #holders = 0;
  #isHeld = false;
  #isReleaseQueued = false;
  /** Kicks again in a moment. */
  #looksAgain = false;
  #isBlocking = false;

  constructor() {
    const binding = native();
    checkLaneLayout(binding);
    const dispatch = () => withoutContext(() => this.#dispatch());
    this.native = withoutContext(
      () => new binding.NativeLaneClient(this.#memory.buffer, dispatch, isMainThread),
    );
    this.threads = new LaneThreads(
      this.native.id,
      (thread, error, isHopeless) => this.#startFailed(thread, error, isHopeless),
      () => this.#dispatch(),
    );
    this.lessons = new ThreadLessons(this.threads);
    this.definitions = new Definitions(this.native);
    this.#parcels = new ParcelDesk(this.native, this.threads, this.definitions);
    this.#poll = new ResultPoll(this.#memory, () => this.#dispatch());
    this.#drain = () => this.native.drain();
  }

  /** Jobs that were submitted and have not settled. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Lanes that serve this isolate, and those among them that are idle. */
  get lanes(): { readonly all: number; readonly idle: number } {
    return { all: this.#memory.lanes, idle: this.#memory.idleLanes };
  }

  /**
   * Submits a job.
   *
   * @param transfer - What is moved and not copied.
   * @throws UncloneableError `BACKBEAT_UNCLONEABLE` when an argument cannot go to a thread.
   */
  submit(job: PendingJob, args: readonly unknown[], transfer: readonly Transferable[]): void {
    const slot = this.#take(job);
    const definition = this.definitions.numberOf(job.task);
    const count = args.length < 2 ? args.length : 2;
    const flags = (count << ARGUMENTS_SHIFT) | (job.priority << PRIORITY_SHIFT);
    try {
      const value = count === 2 ? args : args[0];
      let used = NEEDS_PORT as number;
      if (transfer.length === 0 && !job.task.sharesMemory) {
        used = this.#memory.submit(slot, definition, flags, job.sequence, value, this.#drain);
        if (used < 0) used = this.#submitLarge(job, definition, flags, value);
      }
      if (used === NEEDS_PORT) this.#parcels.send(job, args, transfer);
    } catch (error) {
      this.#release(job);
      throw error;
    }
    const wantsKick = this.#memory.wantsKick;
    if (wantsKick !== KICK_NEVER && !(wantsKick === KICK_TO_GROW && this.#looksAgain)) this.kick();
    if (this.#underWay === 1) this.#poll.begin();
  }

  /**
   * Starts the first thread, when there is none: it comes up while the caller gets its job ready.
   */
  warm(): void {
    if (this.threads.count > 0 || this.#memory.lanes > 0) return;
    if (this.native.reserve(false) === START_THREAD) this.threads.start(FOR_ANYBODY);
  }

  /** Wakes a lane for what was submitted, or starts one. */
  kick(): void {
    const answer = this.native.kick();
    if (answer === START_THREAD) {
      this.threads.start(FOR_ANYBODY);
      this.#watchIdle();
    } else if (answer === LOOK_AGAIN && !this.#looksAgain) {
      this.#looksAgain = true;
      setTimeoutAtLoad(() => {
        this.#looksAgain = false;
        this.kick();
      }, 1);
    }
  }

  /**
   * Stops a job: drops it when it has not started, otherwise tells its lane.
   *
   * @returns True when it was dropped: it is settled by the caller and nothing more comes.
   */
  abort(job: PendingJob): boolean {
    const priority = this.#parcels.carries(job) ? undefined : job.priority;
    const isDropped = this.native.abort(job.slot, job.sequence, priority) === DROPPED;
    if (isDropped) this.#release(job);
    else this.#parcels.stop(job);
    return isDropped;
  }

  /** Keeps a job from being started. False when it has started, or lies in the port of a lane. */
  pause(job: PendingJob): boolean {
    if (this.#parcels.carries(job)) return false;
    const isPaused = this.native.pause(job.slot, job.sequence, job.priority);
    if (isPaused) this.letGo();
    return isPaused;
  }

  /** Lets a paused job start. */
  resume(job: PendingJob): void {
    this.hold();
    this.native.resume(job.sequence, job.priority);
    this.kick();
  }

  /** Ends the thread that runs a job. False when none does any more. */
  endThreadOf(job: PendingJob): boolean {
    return this.native.endLaneOf(job.slot, job.sequence);
  }

  /** Stops what has not started and ends all threads but leased ones after their job. */
  dismissAll(): Promise<void> {
    for (const job of this.#jobs) {
      if (job !== undefined && this.abort(job))
        job.reject(new JobStoppedError(job.task.name, false, DISMISSED));
    }
    this.native.dismiss();
    return this.threads.allGone();
  }

  /** Blocks this thread until `isOver`. Other results that come are settled too. */
  waitUntil(isOver: () => boolean): void {
    // Whoever blocks cannot start a thread later.
    if (!isOver()) this.kick();
    this.#isBlocking = true;
    try {
      this.#blockUntil(isOver);
    } finally {
      this.#isBlocking = false;
    }
  }

  #blockUntil(isOver: () => boolean): void {
    while (!isOver()) {
      for (let spin = 0; spin < SPINS && !this.#memory.hasResults; spin++);
      if (!this.#memory.hasResults) {
        this.native.waitForResults(isMainThread ? Number.POSITIVE_INFINITY : HEARTBEAT_MS);
      }
      this.#dispatch();
    }
  }

  /** Settles what has come, for callers that do not go back to the event loop. */
  settleResults(): void {
    if (this.#memory.hasResults) this.#dispatch();
  }

  /** Keeps the process alive until as many {@link LaneClient.letGo}. */
  hold(): void {
    if (this.#holders++ === 0) this.#holdProcess();
  }

  /** Ends a {@link LaneClient.hold}. */
  letGo(): void {
    if (--this.#holders === 0) this.#queueRelease();
  }

  /** Takes a thread for a long job of its own; see {@link ParcelDesk}. */
  get parcels(): ParcelDesk {
    return this.#parcels;
  }

  /** Submits a job to one of our own threads. */
  submitTo(
    thread: LaneThread,
    job: PendingJob,
    args: readonly unknown[],
    transfer: readonly Transferable[],
  ): void {
    this.#take(job);
    try {
      this.#parcels.sendTo(thread, job, args, transfer);
    } catch (error) {
      this.#release(job);
      throw error;
    }
    if (this.#underWay === 1) this.#poll.begin();
  }

  #take(job: PendingJob): number {
    const slot = this.#freeSlots.pop() ?? this.#jobs.length;
    this.#jobs[slot] = job;
    job.slot = slot;
    job.sequence = this.#sequence = (this.#sequence + 1) | 0;
    this.#underWay++;
    if (job.isDaemon !== true) this.hold();
    return slot;
  }

  #fail(job: PendingJob, error: unknown, wasRunning = true): void {
    this.#release(job);
    job.reject(error, wasRunning);
  }

  #release(job: PendingJob): void {
    this.#parcels.settled(job);
    this.#jobs[job.slot] = undefined;
    this.#freeSlots.push(job.slot);
    this.#underWay--;
    if (job.isDaemon !== true && job.isPaused !== true) this.letGo();
    else if (this.#underWay === 0) this.#queueRelease();
  }

  #holdProcess(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.native.setRef(true);
  }

  /**
   * Lets the process go, a moment later: a program that runs one job after the other pays for neither
   * holding nor letting go.
   */
  #queueRelease(): void {
    if (this.#isReleaseQueued) return;
    this.#isReleaseQueued = true;
    setTimeoutAtLoad(() => {
      this.#isReleaseQueued = false;
      this.#watchIdle();
      if (!this.#isHeld || this.#holders > 0) return;
      this.#isHeld = false;
      this.native.setRef(false);
    }, 1);
  }

  #watchIdle(): void {
    this.threads.watchIdle((most, keep, idleMs) => this.native.retire(most, keep, idleMs));
  }

  #submitLarge(job: PendingJob, definition: number, flags: number, value: unknown): number {
    const parts = encodeParts(value, 'arguments');
    if (parts === NEEDS_PORT) return NEEDS_PORT;
    this.native.submit(job.slot, definition, flags, job.sequence, parts.head, parts.body);
    return parts.head.length;
  }

  #dispatch(): void {
    const memory = this.#memory;
    const frame = this.#frame;
    do {
      const tail = memory.resultTail();
      while (memory.nextResult(tail, frame)) this.#settle(frame);
      if (memory.releaseResults()) this.native.refill();
    } while (memory.hasResults);
    this.#poll.note();
  }

  #settle(frame: Frame): void {
    const { kind, slot } = frame;
    if (kind >= STATUS_RUN_FAILED) {
      this.timed.heed(frame, () => this.#readValue(frame));
      return;
    }
    if (kind > STATUS_LOST && kind < STATUS_DONE_BY_PORT) {
      this.#heed(kind, slot);
      return;
    }
    const job = this.#jobs[slot];
    if (job === undefined || job.sequence !== frame.sequence) {
      // Its message must not be taken for that of the next job.
      if (kind === STATUS_DONE_BY_PORT) this.#readValue(frame);
      return;
    }
    if (kind === STATUS_LOST) this.#fail(job, new ThreadLostError(job.task.name));
    else if (kind === STATUS_STOPPED) this.#fail(job, undefined, false);
    else if (kind === STATUS_FAILED) this.#failWith(job, frame);
    else this.#resolve(job, frame);
  }

  #resolve(job: PendingJob, frame: Frame): void {
    let value: unknown;
    try {
      value = this.#readValue(frame);
    } catch (error) {
      this.#fail(job, error);
      return;
    }
    this.#release(job);
    job.resolve(value);
  }

  /**
   * Fails a job with what it threw. The module that exports the error's class is imported first, so
   * that the class is known here; whoever blocks does not wait for that.
   */
  #failWith(job: PendingJob, frame: Frame): void {
    const thrown = this.#readValue(frame);
    const fail = () => this.#fail(job, decodeError(thrown, job.callSite?.stack));
    const missing = this.#isBlocking ? NOTHING : missingErrorModules(thrown);
    if (missing.length === 0) fail();
    else importErrorClasses(missing).then(fail);
  }

  #readValue(frame: Frame): unknown {
    if (frame.kind === STATUS_DONE_BY_PORT) {
      const ticket = decodeValue(this.#memory.memory, frame.payloadAt) as number;
      const thread = this.threads.get(ticket);
      const message = thread && receiveMessageOnPort(thread.port)?.message;
      return (message as { readonly value: unknown } | undefined)?.value;
    }
    if ((frame.flags & FLAG_LARGE) === 0) return decodeValue(this.#memory.memory, frame.payloadAt);
    const bytes = this.native.takeLargeResult(frame.slot) as Buffer;
    return decodeValue(codecMemory(bytes.buffer as ArrayBuffer), bytes.byteOffset);
  }

  #heed(notice: number, ticket: number): void {
    if (notice === STATUS_LANE_UP) {
      this.threads.noteUp(ticket);
      this.#parcels.laneIsUp(ticket);
    } else if (notice === STATUS_END_LANE) this.threads.end(ticket);
    else if (notice === STATUS_LANE_GONE) this.threads.noteUp(ticket);
    else if (notice === STATUS_GROW) this.kick();
  }

  #startFailed(thread: LaneThread, error: ThreadStartError, isHopeless: boolean): void {
    if (thread.reservation !== FOR_LEASE) this.native.laneFailed();
    if (!isHopeless) {
      if (thread.reservation === FOR_ANYBODY) this.kick();
    }
    for (const job of this.#parcels.sentTo(thread)) this.#fail(job, error);
    if (!isHopeless) return;
    // Nothing comes up: what waits would wait for ever.
    this.timed.giveUp(error);
    for (const job of this.#jobs) {
      if (job !== undefined && this.abort(job)) job.reject(error);
    }
  }
}

let client: LaneClient | undefined;

/** The client of this isolate, attached at its first use. */
export function laneClient(): LaneClient {
  client ??= new LaneClient();
  return client;
}

/** The client when it was used before. */
export function laneClientIfOpen(): LaneClient | undefined {
  return client;
}

export type { Transferable };
