/**
 * Calls what the core has handed over as due.
 *
 * A record whose token differs from the slot's is of a cancelled actor and is dropped. This
 * comparison decides; those in the core only save work. A record whose deadline differs from the
 * slot's is of an actor that was moved since: it goes back to the core or, when its new deadline has
 * come as well, to its place among the others of the batch.
 *
 * While nothing has been cancelled or moved since the core looked at the slots, no record can be
 * such a one. It is then delivered without a look at the record that is shared with the core: among
 * millions that is one wait for memory less.
 */
import type { ArmingBurst } from './arming-burst.ts';
import type { RecurringTicks } from './recurring-ticks.ts';
import {
  DUE_PLAIN,
  DUE_STILL_QUEUED,
  type DueRecord,
  type SharedRings,
  SLOT_MASK,
} from './shared-memory.ts';
import { cellAt, type SlotChunk } from './slot-chunk.ts';
import type { SlotTable } from './slot-table.ts';
import { META_OWNER_ENDS_TICK, META_WALL, type TimerHost } from './timer-host.ts';

/** In a long batch, arms are not held back for more callbacks than this, and slots are touched. */
const CALLS_PER_STAMP = 32;

type Callback = (arg: unknown) => unknown;

/** The timers that the due actors belong to. */
export interface DueOwner {
  readonly rings: SharedRings;
  readonly table: SlotTable;
  readonly burst: ArmingBurst;
  readonly ticks: RecurringTicks;
  stamp(): void;
  tellTurn(): void;
  endTurn(): void;
  /** Ends the use of a slot whose actor is about to be called for the last time. */
  disarm(slot: number): void;
  /** As `disarm`, for one that was not changed since it was handed over, and has no flags. */
  disarmFired(slot: number): void;
  /** Puts a slot that was handed over back into the core's queue. */
  putBack(slot: number, deadlineNs: number, token: number): void;
}

/** See the head of the file. */
export class DueDelivery {
  /** Callbacks called. */
  fired = 0;
  /** @internal Keeps the reads of `touchAhead` from being optimised away. */
  touched = 0;
  readonly #owner: DueOwner;
  readonly #host: TimerHost;
  readonly #rings: SharedRings;
  readonly #table: SlotTable;
  readonly #burst: ArmingBurst;
  readonly #ticks: RecurringTicks;
  readonly #due: DueRecord = { deadlineNs: 0, slotWord: 0, token: 0 };
  /** Moved or told too late, with a deadline that has come too; in order. */
  readonly #late: DueRecord[] = [];
  /** The scheduler was closed, perhaps by one of its callbacks. */
  #isCleared = false;

  constructor(owner: DueOwner, host: TimerHost) {
    this.#owner = owner;
    this.#host = host;
    this.#rings = owner.rings;
    this.#table = owner.table;
    this.#burst = owner.burst;
    this.#ticks = owner.ticks;
  }

  /** Calls what is due. Returns true when more waits in the core. */
  deliverAll(): boolean {
    const tail = this.#rings.dueTail();
    // Kept for the whole batch: the core may raise it when a callback runs a loop of its own.
    const changesSeen = this.#rings.changesSeen();
    const batchNowNs = this.#rings.batchNowNs();
    const due = this.#due;
    this.#touchAhead(tail, changesSeen);
    for (let calls = 1; !this.#isCleared && this.#rings.nextDue(tail, due); calls++) {
      // Taken out first: a callback may run a loop of its own, and this function in it.
      const { slotWord, token, deadlineNs } = due;
      const isUnchanged = this.#rings.changes === changesSeen && this.#late.length === 0;
      if (isUnchanged && (slotWord & DUE_PLAIN) !== 0) {
        this.#deliverUnchanged(slotWord, token, deadlineNs);
      } else {
        if (this.#late.length > 0) this.#deliverLate(deadlineNs, batchNowNs);
        this.#deliver(slotWord, token, deadlineNs, batchNowNs);
      }
      if (calls % CALLS_PER_STAMP === 0) {
        this.#ticks.settle();
        this.#owner.tellTurn();
        this.#touchAhead(tail, changesSeen);
      }
    }
    this.#deliverLate(Number.POSITIVE_INFINITY, batchNowNs);
    if (this.#isCleared) return false;
    this.#ticks.settle();
    this.#owner.endTurn();
    return this.#rings.releaseDue();
  }

  /** Puts an actor whose deadline has come to its place among the others of the batch. */
  addLate(slotWord: number, token: number, deadlineNs: number): void {
    const late = this.#late;
    let at = late.length;
    while (at > 0 && (late[at - 1] as DueRecord).deadlineNs > deadlineNs) at--;
    late.splice(at, 0, { slotWord, token, deadlineNs });
  }

  /** Delivers nothing any more. */
  clear(): void {
    this.#isCleared = true;
    this.#late.length = 0;
  }

  /**
   * Reads a little of each slot that comes next. Millions of slots do not fit into the caches, and
   * loads that do not depend on each other wait for memory together; the same loads one by one
   * between callbacks would each wait alone.
   */
  #touchAhead(tail: number, changesSeen: number): void {
    const isUnchanged = this.#rings.changes === changesSeen;
    const count = Math.min(this.#rings.countDue(tail), CALLS_PER_STAMP);
    let touched = 0;
    for (let ahead = 0; ahead < count; ahead++) {
      const slotWord = this.#rings.slotWordAhead(ahead);
      const slot = slotWord & SLOT_MASK;
      if (!isUnchanged || (slotWord & DUE_STILL_QUEUED) !== 0) {
        touched += this.#table.chunkOf(slot).token(slot);
      }
      const cells = this.#table.cellsOf(slot);
      const at = cellAt(slot);
      touched += this.#host.touchArg(cells[at], cells[at + 1]);
    }
    this.touched = touched | 0;
  }

  #deliverUnchanged(slotWord: number, token: number, deadlineNs: number): void {
    const slot = slotWord & SLOT_MASK;
    const cells = this.#table.cellsOf(slot);
    const at = cellAt(slot);
    const callback = cells[at] as Callback;
    const arg = cells[at + 1];
    if ((slotWord & DUE_STILL_QUEUED) === 0) {
      this.#owner.disarmFired(slot);
      this.#call(callback, arg);
      return;
    }
    const chunk = this.#table.chunkOf(slot);
    const { changes } = this.#rings;
    this.#call(callback, arg);
    if (this.#rings.changes !== changes) this.#endTickIfArmed(chunk, slot, token);
    else if (this.#ticks.endOf(chunk, slot, token, deadlineNs)) this.#ticks.settle();
  }

  #deliver(slotWord: number, token: number, handedNs: number, batchNowNs: number): void {
    if (this.#burst.hasMoves) this.#owner.stamp();
    const slot = slotWord & SLOT_MASK;
    const chunk = this.#table.chunkOf(slot);
    if (chunk.token(slot) !== token) {
      // Cancelled after it was handed over: its entry is no longer in the queue to be found.
      if ((slotWord & DUE_STILL_QUEUED) === 0) this.#rings.countStale(-1);
      return;
    }
    const callback = chunk.callback(slot) as Callback;
    const arg = chunk.arg(slot);
    if ((slotWord & DUE_STILL_QUEUED) !== 0) {
      this.#tick(chunk, slot, token, callback, arg);
      return;
    }
    const deadlineNs = this.#dueDeadlineNs(chunk, slot);
    if (deadlineNs !== handedNs) {
      this.#deliverLater(slotWord, token, deadlineNs, batchNowNs);
      return;
    }
    this.#owner.disarm(slot);
    this.#call(callback, arg);
  }

  /** Moved after it was handed over, or the wall clock has not reached its instant. */
  #deliverLater(slotWord: number, token: number, deadlineNs: number, batchNowNs: number): void {
    const slot = slotWord & SLOT_MASK;
    this.#table.chunkOf(slot).setDeadlineNs(slot, deadlineNs);
    this.#rings.noteChange();
    if (deadlineNs > batchNowNs) {
      this.#owner.putBack(slot, deadlineNs, token);
      return;
    }
    this.addLate(slotWord, token, deadlineNs);
  }

  /** Delivers moved actors that come before `untilNs`. */
  #deliverLate(untilNs: number, batchNowNs: number): void {
    const late = this.#late;
    while (late.length > 0 && (late[0] as DueRecord).deadlineNs < untilNs) {
      const { slotWord, token, deadlineNs } = late.shift() as DueRecord;
      this.#deliver(slotWord, token, deadlineNs, batchNowNs);
    }
  }

  #dueDeadlineNs(chunk: SlotChunk, slot: number): number {
    const deadlineNs = chunk.deadlineNs(slot);
    return chunk.hasFlag(slot, META_WALL) ? this.#host.wallDeadlineNs(deadlineNs) : deadlineNs;
  }

  #tick(chunk: SlotChunk, slot: number, token: number, callback: Callback, arg: unknown): void {
    const isEndedByOwner = chunk.hasFlag(slot, META_OWNER_ENDS_TICK);
    this.#call(callback, arg);
    if (!isEndedByOwner) this.#endTickIfArmed(chunk, slot, token);
  }

  /** The callback may have cancelled or re-armed its own slot, or closed the scheduler. */
  #endTickIfArmed(chunk: SlotChunk, slot: number, token: number): void {
    const isStillArmed = !this.#isCleared && chunk.token(slot) === token;
    if (isStillArmed && this.#ticks.end(slot)) this.#ticks.settle();
  }

  #call(callback: Callback, arg: unknown): void {
    this.fired++;
    try {
      callback(arg);
    } catch (error) {
      this.#host.reportError(error);
    }
    this.#host.runMicrotasks();
  }
}
