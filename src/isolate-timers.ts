/**
 * The timers of one isolate: arm, re-arm, cancel and dispatch, on slots.
 *
 * How it works with the core (see also `crates/core/src/scheduler.rs`):
 *
 * - Arm: take a slot, write a command. Cancel: raise the slot's token and release the slot; the
 *   stale queue entry is found later by the core.
 * - Re-arm to a later deadline: write the deadline into the slot's record, nothing else. The core
 *   looks at it when the old deadline expires. To an earlier one: raise the token, new command.
 * - Dispatch: read due records. A record whose token differs from the slot's is of a cancelled
 *   actor and is dropped. This comparison decides; those in the core only save work.
 * - A recurring actor is put back into the queue by the core. The end of a tick is told by moving
 *   the deadline to the next slot of the grid and then flipping the parity. Only after that the
 *   clock is read: when the next slot has not come yet, the core will see the flip in time;
 *   otherwise the missed slots are skipped with a command of our own.
 */
import { ArmingBurst, IS_MOVE } from './arming-burst.ts';
import {
  CHUNK_SLOTS,
  DUE_STILL_QUEUED,
  type DueRecord,
  META_PARITY,
  META_RECURRING,
  type SharedRings,
  SLOT_MASK,
} from './shared-memory.ts';
import { type SlotChunk, SlotTable } from './slot-table.ts';
import { TickGroup } from './tick-group.ts';
import {
  META_OWNER_ENDS_TICK,
  META_UNREF,
  META_WALL,
  type NativeTimers,
  type TimerCallback,
  type TimerHost,
} from './timer-host.ts';

const INDEX_MASK = CHUNK_SLOTS - 1;
/** On x64 plain stores are seen in their order; elsewhere the second one must be atomic. */
const STORES_STAY_IN_ORDER = process.arch === 'x64';
/** In a long batch, arms are not held back for more callbacks than this, and slots are touched. */
const CALLS_PER_STAMP = 32;

/** See the head of the file. */
export class IsolateTimers {
  readonly rings: SharedRings;
  readonly table: SlotTable;
  readonly #native: NativeTimers;
  readonly #host: TimerHost;
  readonly #due: DueRecord = { deadlineNs: 0, slotWord: 0, token: 0 };
  /** Moved while they waited here, to a deadline that has come too; in order. */
  readonly #late: DueRecord[] = [];
  readonly #burst = new ArmingBurst();
  readonly #ticks = new TickGroup();
  readonly #barrier = new Int32Array(1);
  /** The scheduler was closed, perhaps by one of its callbacks. */
  #isCleared = false;
  /** `endTurn` will be called for the present turn. */
  #isTurnWatched = false;
  /** @internal Keeps the reads of `touchAhead` from being optimised away. */
  touched = 0;
  #pending = 0;
  #holding = 0;
  fired = 0;
  missed = 0;

  constructor(native: NativeTimers, rings: SharedRings, host: TimerHost) {
    this.#native = native;
    this.rings = rings;
    this.#host = host;
    this.table = new SlotTable(native);
  }

  /** Number of armed actors. */
  get pending(): number {
    return this.#pending;
  }

  /** Arms a one-shot actor, due `delayNs` from now, and returns its slot. */
  armAfter(delayNs: number, callback: TimerCallback, arg: unknown, flags: number): number {
    const burst = this.#burst;
    if (!burst.isActive) {
      const nowNs = this.#host.nowNs();
      if (this.#host.mayCollect) this.#noteArm(nowNs);
      return this.#armNow(nowNs + delayNs, callback, arg, flags);
    }
    const slot = this.table.take(callback, arg, flags);
    this.#pending++;
    if ((flags & META_UNREF) === 0 && this.#holding++ === 0) this.#host.setHold(true);
    if (burst.collect(slot, this.table.generationOf(slot), delayNs)) this.stamp();
    return slot;
  }

  /** Arms a one-shot actor for an instant and returns its slot. */
  arm(deadlineNs: number, callback: TimerCallback, arg: unknown, flags: number): number {
    this.stamp();
    return this.#armNow(deadlineNs, callback, arg, flags);
  }

  /** Arms a recurring actor: first at `deadlineNs`, then every `intervalNs`, a whole number ≥ 1. */
  armRecurring(
    deadlineNs: number,
    intervalNs: number,
    callback: TimerCallback,
    arg: unknown,
    flags: number,
  ): number {
    this.stamp();
    const slot = this.table.take(callback, arg, flags | META_RECURRING);
    // The interval must stand in the table before the core can see the command.
    this.table.intervalsOf(slot)[slot & INDEX_MASK] = intervalNs;
    this.#enqueue(slot, deadlineNs, flags);
    return slot;
  }

  /** Moves an armed actor: due `delayNs` from now. For a recurring one the grid restarts there. */
  rearmAfter(slot: number, delayNs: number): void {
    const burst = this.#burst;
    if (burst.isActive) {
      const generation = this.table.generationOf(slot);
      burst.hasMoves = true;
      if (burst.collect(slot | IS_MOVE, generation, delayNs)) this.stamp();
      return;
    }
    const nowNs = this.#host.nowNs();
    if (this.#host.mayCollect) this.#noteArm(nowNs);
    this.#move(slot, nowNs + delayNs);
  }

  /** Moves an armed actor to an instant. For a recurring one the grid restarts there. */
  rearm(slot: number, deadlineNs: number): void {
    this.stamp();
    this.#move(slot, deadlineNs);
  }

  /** Gives the arms that were collected in a burst their instant: now. */
  stamp(): void {
    const burst = this.#burst;
    const { count } = burst;
    if (count === 0) return;
    const nowNs = this.#host.nowNs();
    let earliestNs = Number.POSITIVE_INFINITY;
    for (let at = 0; at < count; at++) {
      const word = burst.slots[at] as number;
      const slot = word & SLOT_MASK;
      const deadlineNs = nowNs + (burst.delaysNs[at] as number);
      const isCancelled = this.table.generationOf(slot) !== burst.generations[at];
      if ((word & IS_MOVE) !== 0) {
        if (!isCancelled) this.#move(slot, deadlineNs);
      } else if (isCancelled) {
        // It was counted as a stale entry of the queue, which it never became.
        this.rings.countStale(-1);
      } else {
        const chunk = this.table.chunkOf(slot);
        chunk.doubles[2 * (slot & INDEX_MASK)] = deadlineNs;
        this.rings.writeCommand(this.#native, deadlineNs, slot, this.#tokenOf(chunk, slot));
        if (deadlineNs < earliestNs) earliestNs = deadlineNs;
      }
    }
    burst.noteStamped(nowNs);
    if (earliestNs !== Number.POSITIVE_INFINITY) this.rings.publish(this.#native, earliestNs);
  }

  /** The turn of the loop is over: nothing stays collected. */
  endTurn(): void {
    this.#isTurnWatched = false;
    this.stamp();
    this.#burst.end();
  }

  /** Disarms an actor: its callback will not be called again. */
  cancel(slot: number): void {
    this.rings.countStale(1);
    this.#dropHold(slot);
    this.#pending--;
    this.table.release(slot);
  }

  /** The deadline of an armed actor; of a recurring one that is running, of the running tick. */
  deadlineNs(slot: number): number {
    this.stamp();
    return this.table.chunkOf(slot).doubles[2 * (slot & INDEX_MASK)] as number;
  }

  /** Lets an armed actor hold the process, or not. */
  setRef(slot: number, isRef: boolean): void {
    if (this.hasRef(slot) === isRef) return;
    if (!isRef) this.#dropHold(slot);
    const words = this.table.chunkOf(slot).words;
    words[4 * (slot & INDEX_MASK) + 3] =
      (words[4 * (slot & INDEX_MASK) + 3] as number) ^ META_UNREF;
    if (isRef && this.#holding++ === 0) this.#host.setHold(true);
  }

  /** True when the armed actor holds the process. */
  hasRef(slot: number): boolean {
    return (this.flagsOf(slot) & META_UNREF) === 0;
  }

  /** The meta word of a slot. */
  flagsOf(slot: number): number {
    return this.table.chunkOf(slot).words[4 * (slot & INDEX_MASK) + 3] as number;
  }

  /** Ends a tick of a recurring actor. Its next run is the first slot later than now. */
  endTick(slot: number): void {
    this.#tellEnd(slot);
    this.#settleTicks();
  }

  /** Calls what is due. Returns true when more waits in the core. */
  dispatch(): boolean {
    const tail = this.rings.dueTail();
    const batchNowNs = this.rings.batchNowNs();
    const due = this.#due;
    this.#isTurnWatched = true;
    this.#touchAhead(tail);
    for (let calls = 1; !this.#isCleared && this.rings.nextDue(tail, due); calls++) {
      // Taken out first: a callback may run a loop of its own, and this function in it.
      const { slotWord, token, deadlineNs } = due;
      if (this.#late.length > 0) this.#deliverLate(deadlineNs, batchNowNs);
      this.#deliver(slotWord, token, deadlineNs, batchNowNs);
      if (calls % CALLS_PER_STAMP === 0) {
        this.#settleTicks();
        this.stamp();
        this.#touchAhead(tail);
      }
    }
    this.#deliverLate(Number.POSITIVE_INFINITY, batchNowNs);
    if (this.#isCleared) return false;
    this.#settleTicks();
    this.endTurn();
    if (!this.rings.releaseDue()) return false;
    this.#native.refill();
    return true;
  }

  /** Forgets everything that is armed. */
  clear(): void {
    this.#isCleared = true;
    this.#late.length = 0;
    this.#burst.discard();
    this.#ticks.restart(0, false);
    this.#pending = 0;
    this.#holding = 0;
    this.#host.setHold(false);
    this.table.clear();
  }

  /**
   * Reads a little of each slot that comes next. Millions of slots do not fit into the caches, and
   * loads that do not depend on each other wait for memory together; the same loads one by one
   * between callbacks would each wait alone.
   */
  #touchAhead(tail: number): void {
    const count = Math.min(this.rings.countDue(tail), CALLS_PER_STAMP);
    let touched = 0;
    for (let ahead = 0; ahead < count; ahead++) {
      const slot = this.rings.slotWordAhead(ahead) & SLOT_MASK;
      const chunk = this.table.chunkOf(slot);
      const index = slot & INDEX_MASK;
      touched += chunk.words[4 * index + 2] as number;
      if (chunk.cells[2 * index] === undefined) touched++;
    }
    this.touched = touched | 0;
  }

  #deliver(slotWord: number, token: number, handedNs: number, batchNowNs: number): void {
    if (this.#burst.hasMoves) this.stamp();
    const slot = slotWord & SLOT_MASK;
    const chunk = this.table.chunkOf(slot);
    const index = slot & INDEX_MASK;
    if ((chunk.words[4 * index + 2] as number) !== token) {
      // Cancelled after it was handed over: its entry is no longer in the queue to be found.
      if ((slotWord & DUE_STILL_QUEUED) === 0) this.rings.countStale(-1);
      return;
    }
    const callback = chunk.cells[2 * index] as (arg: unknown) => unknown;
    const arg = chunk.cells[2 * index + 1];
    if ((slotWord & DUE_STILL_QUEUED) !== 0) {
      this.#tick(chunk, slot, token, callback, arg);
      return;
    }
    const deadlineNs = this.#dueDeadlineNs(chunk, index);
    if (deadlineNs !== handedNs) {
      this.#deliverLater(slotWord, token, deadlineNs, batchNowNs);
      return;
    }
    this.#dropHold(slot);
    this.#pending--;
    this.table.release(slot);
    this.#call(callback, arg);
  }

  /**
   * An actor that was moved after it was handed over, or whose instant the wall clock has not
   * reached: back to the core or, when the new deadline has come as well, to its place among the
   * others of this batch.
   */
  #deliverLater(slotWord: number, token: number, deadlineNs: number, batchNowNs: number): void {
    const slot = slotWord & SLOT_MASK;
    this.table.chunkOf(slot).doubles[2 * (slot & INDEX_MASK)] = deadlineNs;
    if (deadlineNs > batchNowNs) {
      this.#command(slot, deadlineNs, token);
      return;
    }
    const late = this.#late;
    let at = late.length;
    while (at > 0 && (late[at - 1] as DueRecord).deadlineNs > deadlineNs) at--;
    late.splice(at, 0, { slotWord, token, deadlineNs });
  }

  /** Delivers moved actors that come before `untilNs`. */
  #deliverLate(untilNs: number, batchNowNs: number): void {
    const late = this.#late;
    while (late.length > 0 && (late[0] as DueRecord).deadlineNs < untilNs) {
      const { slotWord, token, deadlineNs } = late.shift() as DueRecord;
      this.#deliver(slotWord, token, deadlineNs, batchNowNs);
    }
  }

  #dueDeadlineNs(chunk: SlotChunk, index: number): number {
    const deadlineNs = chunk.doubles[2 * index] as number;
    const isWall = ((chunk.words[4 * index + 3] as number) & META_WALL) !== 0;
    return isWall ? this.#host.wallDeadlineNs(deadlineNs) : deadlineNs;
  }

  #tick(
    chunk: SlotChunk,
    slot: number,
    token: number,
    callback: (arg: unknown) => unknown,
    arg: unknown,
  ): void {
    const isEndedByOwner = (this.flagsOf(slot) & META_OWNER_ENDS_TICK) !== 0;
    this.#call(callback, arg);
    // The callback may have cancelled or re-armed its own slot, or closed the scheduler.
    const isStillArmed = !this.#isCleared && this.#tokenOf(chunk, slot) === token;
    if (!isEndedByOwner && isStillArmed && this.#tellEnd(slot)) this.#settleTicks();
  }

  /**
   * Tells the core that a tick is over: the deadline first, then the parity. True when it is time
   * to look at the clock.
   */
  #tellEnd(slot: number): boolean {
    const chunk = this.table.chunkOf(slot);
    const index = slot & INDEX_MASK;
    const intervalNs = (chunk.intervals as Float64Array)[index] as number;
    const nextNs = (chunk.doubles[2 * index] as number) + intervalNs;
    chunk.doubles[2 * index] = nextNs;
    const meta = (chunk.words[4 * index + 3] as number) ^ META_PARITY;
    if (STORES_STAY_IN_ORDER) chunk.words[4 * index + 3] = meta;
    else Atomics.store(chunk.words, 4 * index + 3, meta);
    return this.#ticks.add(slot, this.#tokenOf(chunk, slot), nextNs);
  }

  /** Looks at the clock behind the ends of ticks; slots that have passed are skipped. */
  #settleTicks(): void {
    const ticks = this.#ticks;
    if (ticks.count === 0) return;
    // The clock must not be read before the core can see the ends.
    Atomics.store(this.#barrier, 0, 0);
    const nowNs = this.#host.nowNs();
    if (nowNs >= ticks.earliestNextNs) {
      for (let at = 0; at < ticks.count; at++) {
        this.#skipPassed(ticks.slots[at] as number, ticks.tokens[at] as number, nowNs);
      }
    }
    ticks.restart(nowNs, this.#host.mayCollect);
  }

  #skipPassed(slot: number, token: number, nowNs: number): void {
    const chunk = this.table.chunkOf(slot);
    const index = slot & INDEX_MASK;
    const nextNs = chunk.doubles[2 * index] as number;
    if (nowNs < nextNs || this.#tokenOf(chunk, slot) !== token) return;
    const intervalNs = (chunk.intervals as Float64Array)[index] as number;
    const passed = Math.floor((nowNs - nextNs) / intervalNs) + 1;
    this.missed += passed;
    this.#requeue(chunk, slot, nextNs + passed * intervalNs);
  }

  #call(callback: (arg: unknown) => unknown, arg: unknown): void {
    this.fired++;
    try {
      callback(arg);
    } catch (error) {
      this.#host.reportError(error);
    }
    this.#host.runMicrotasks();
  }

  #armNow(deadlineNs: number, callback: TimerCallback, arg: unknown, flags: number): number {
    const slot = this.table.take(callback, arg, flags);
    this.#enqueue(slot, deadlineNs, flags);
    return slot;
  }

  #enqueue(slot: number, deadlineNs: number, flags: number): void {
    const chunk = this.table.chunkOf(slot);
    chunk.doubles[2 * (slot & INDEX_MASK)] = deadlineNs;
    this.#pending++;
    if ((flags & META_UNREF) === 0 && this.#holding++ === 0) this.#host.setHold(true);
    this.#command(slot, deadlineNs, this.#tokenOf(chunk, slot));
  }

  #command(slot: number, deadlineNs: number, token: number): void {
    this.rings.writeCommand(this.#native, deadlineNs, slot, token);
    this.rings.publish(this.#native, deadlineNs);
  }

  #move(slot: number, deadlineNs: number): void {
    const chunk = this.table.chunkOf(slot);
    const index = slot & INDEX_MASK;
    const isOneShot = ((chunk.words[4 * index + 3] as number) & META_RECURRING) === 0;
    if (isOneShot && deadlineNs >= (chunk.doubles[2 * index] as number)) {
      chunk.doubles[2 * index] = deadlineNs;
    } else this.#requeue(chunk, slot, isOneShot ? deadlineNs : Math.ceil(deadlineNs));
  }

  #requeue(chunk: SlotChunk, slot: number, deadlineNs: number): void {
    const index = slot & INDEX_MASK;
    const token = ((chunk.words[4 * index + 2] as number) + 1) | 0;
    chunk.words[4 * index + 2] = token;
    chunk.doubles[2 * index] = deadlineNs;
    this.rings.countStale(1);
    this.#command(slot, deadlineNs, token);
  }

  #noteArm(nowNs: number): void {
    this.#burst.noteArm(nowNs);
    if (this.#burst.isActive && !this.#isTurnWatched) {
      this.#isTurnWatched = true;
      this.#host.atEndOfTurn();
    }
  }

  #tokenOf(chunk: SlotChunk, slot: number): number {
    return chunk.words[4 * (slot & INDEX_MASK) + 2] as number;
  }

  #dropHold(slot: number): void {
    if (this.hasRef(slot) && --this.#holding === 0) this.#host.setHold(false);
  }
}
