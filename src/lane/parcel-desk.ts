/**
 * Jobs that go to one lane by its message port: because bytes cannot carry what they are given
 * (shared memory, ports, a transfer list), or because the lane is leased.
 *
 * The message waits in the port; the core only learns that this lane has one more job, so that its
 * end is reported like that of any other. A lane that is still starting gets its message at once and
 * the job is assigned when it is there.
 */
import type { Transferable } from 'node:worker_threads';
import { ThreadLostError } from '../errors.ts';
import type { NativeLaneClient } from '../native.ts';
import type { Definitions } from './definitions.ts';
import {
  FOR_LEASE,
  FOR_PARCEL,
  type LaneThread,
  type LaneThreads,
  START_THREAD,
} from './lane-threads.ts';
import type { PendingJob } from './pending-job.ts';
import { refuse } from './value-codec.ts';

/** What lies in the port for one job. */
export interface Parcel {
  readonly slot: number;
  readonly sequence: number;
  /** Number of the function's definition. */
  readonly definition: number;
  /** The definition itself, the first time, when only a port can carry it. */
  readonly content: unknown;
  readonly args: readonly unknown[];
}

/** See the head of the file. */
export class ParcelDesk {
  readonly #native: NativeLaneClient;
  readonly #threads: LaneThreads;
  readonly #definitions: Definitions;
  /** Where each job went. */
  readonly #sent = new Map<PendingJob, LaneThread>();
  /** Lanes that somebody has for himself. */
  readonly #leased = new WeakSet<LaneThread>();
  /** Lanes that take no more jobs. */
  readonly #ending = new WeakSet<LaneThread>();
  /** Those of them that were stopped while their lane was still starting. */
  readonly #stopped = new Set<PendingJob>();

  constructor(native: NativeLaneClient, threads: LaneThreads, definitions: Definitions) {
    this.#native = native;
    this.#threads = threads;
    this.#definitions = definitions;
  }

  /** Sends a job to an idle lane, to a new one, or to the one that has least to do. */
  send(job: PendingJob, args: readonly unknown[], transfer: readonly Transferable[]): void {
    for (;;) {
      const answer = this.#native.reserve(false);
      const thread =
        answer === START_THREAD
          ? this.#threads.start(FOR_PARCEL)
          : (this.#threads.get(answer) ?? this.#leastLoaded());
      try {
        this.sendTo(thread, job, args, transfer);
        return;
      } catch (error) {
        // It is about to end. What was moved is gone with it, the rest goes to another one.
        if (!(error instanceof ThreadLostError) || transfer.length > 0) throw error;
        this.#ending.add(thread);
      }
    }
  }

  /** Takes a lane for a long job of its own. It is given back by {@link ParcelDesk.release}. */
  lease(): LaneThread {
    const answer = this.#native.reserve(true);
    const thread = this.#threads.get(answer) ?? this.#threads.start(FOR_LEASE);
    this.#leased.add(thread);
    return thread;
  }

  /** Gives a leased lane back. */
  release(thread: LaneThread): void {
    this.#leased.delete(thread);
    this.#native.release(thread.ticket);
  }

  /**
   * Sends a job to one lane.
   *
   * @throws UncloneableError `BACKBEAT_UNCLONEABLE` when something in it cannot go to a thread.
   * @throws ThreadLostError `BACKBEAT_THREAD_LOST` when the lane has ended.
   */
  sendTo(
    thread: LaneThread,
    job: PendingJob,
    args: readonly unknown[],
    transfer: readonly Transferable[],
  ): void {
    const definition = this.#definitions.numberOf(job.task);
    const isNew = job.task.sharesMemory && !thread.sentDefinitions.has(definition);
    const content = isNew ? job.task.definition : undefined;
    const { slot, sequence } = job;
    const parcel: Parcel = { slot, sequence, definition, content, args };
    try {
      thread.port.postMessage(parcel, transfer);
    } catch (error) {
      if (thread.reservation !== FOR_LEASE) this.#native.release(thread.ticket);
      throw refuse(args, 'arguments', error);
    }
    if (isNew) thread.sentDefinitions.add(definition);
    this.#sent.set(job, thread);
    thread.load++;
    if (thread.isUp && !this.#native.assign(thread.ticket, slot, sequence, false)) {
      // It has ended, and nobody else will ever take what lies in its port.
      throw new ThreadLostError(job.task.name);
    }
  }

  /** A lane is there: it may begin with what was sent to it. */
  laneIsUp(ticket: number): void {
    const thread = this.#threads.get(ticket);
    if (thread === undefined) return;
    const jobs = this.sentTo(thread);
    for (const job of jobs) {
      this.#native.assign(ticket, job.slot, job.sequence, this.#stopped.delete(job));
    }
    // What it was started for was refused.
    if (jobs.length === 0 && thread.reservation === FOR_PARCEL) this.#native.release(ticket);
  }

  /** True for a job that was sent by port and has not settled. */
  carries(job: PendingJob): boolean {
    return this.#sent.has(job);
  }

  /** Keeps a job from being run by a lane that is still starting. */
  stop(job: PendingJob): void {
    if (this.#sent.get(job)?.isUp === false) this.#stopped.add(job);
  }

  /** The jobs that were sent to a lane and have not settled. */
  sentTo(thread: LaneThread): PendingJob[] {
    return [...this.#sent].filter(([, to]) => to === thread).map(([job]) => job);
  }

  /** A job was settled. */
  settled(job: PendingJob): void {
    const thread = this.#sent.get(job);
    if (thread === undefined) return;
    thread.load--;
    this.#sent.delete(job);
    this.#stopped.delete(job);
  }

  #leastLoaded(): LaneThread {
    let best: LaneThread | undefined;
    for (const thread of this.#threads.all()) {
      if (this.#leased.has(thread) || this.#ending.has(thread)) continue;
      const isBetter =
        best === undefined || (thread.isUp === best.isUp ? thread.load < best.load : thread.isUp);
      if (isBetter) best = thread;
    }
    return best ?? this.#threads.start(FOR_PARCEL);
  }
}
