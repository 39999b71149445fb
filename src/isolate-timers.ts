/**
 * The timers of one isolate: arm, re-arm, cancel and dispatch, on slots.
 *
 * How it works with the core (see also `crates/core/src/scheduler.rs`):
 *
 * - Arm: take a slot, write a command. Cancel: raise the slot's token and release the slot; the
 *   stale queue entry is found later by the core.
 * - Re-arm to a later deadline: write the deadline into the slot's record, nothing else. The core
 *   looks at it when the old deadline expires. To an earlier one: raise the token, new command.
 * - Dispatch: see `due-delivery.ts`; the ticks of recurring actors: see `recurring-ticks.ts`.
 */
import { ArmHolding } from './arm-holding.ts';
import { ArmingBurst, IS_MOVE } from './arming-burst.ts';
import { DueDelivery } from './due-delivery.ts';
import { RecurringTicks } from './recurring-ticks.ts';
import { META_RECURRING, type SharedRings, SLOT_MASK } from './shared-memory.ts';
import { SlotTable } from './slot-table.ts';
import {
  META_HELD,
  META_UNREF,
  type NativeTimers,
  type TimerCallback,
  type TimerHost,
} from './timer-host.ts';

/** See the head of the file. */
export class IsolateTimers {
  readonly rings: SharedRings;
  readonly table: SlotTable;
  readonly burst: ArmingBurst = new ArmingBurst();
  readonly ticks: RecurringTicks;
  readonly #armHolding: ArmHolding;
  readonly #delivery: DueDelivery;
  readonly #native: NativeTimers;
  readonly #host: TimerHost;
  /** `endTurn` will be called for the present turn. */
  #isTurnWatched = false;
  #pending = 0;
  #holding = 0;

  constructor(native: NativeTimers, rings: SharedRings, host: TimerHost) {
    this.#native = native;
    this.rings = rings;
    this.#host = host;
    this.table = new SlotTable(native);
    this.ticks = new RecurringTicks(this.table, host, this);
    this.#delivery = new DueDelivery(this, host);
    this.#armHolding = new ArmHolding(this, native);
  }

  /** Number of armed actors, the own look at what is held back not counted. */
  get pending(): number {
    return this.#pending - (this.#armHolding.isWatched ? 1 : 0);
  }

  /** Callbacks called. */
  get fired(): number {
    return this.#delivery.fired;
  }

  /** Arms a one-shot actor, due `delayNs` from now, and returns its slot. */
  armAfter(delayNs: number, callback: TimerCallback, arg: unknown, flags: number): number {
    const burst = this.burst;
    if (!burst.isActive) {
      const nowNs = this.#host.nowNs();
      if (this.#host.mayCollect) this.#noteArm(nowNs);
      return this.#armNow(nowNs + delayNs, callback, arg, flags);
    }
    const slot = this.table.take(callback, arg, flags);
    this.#count(flags);
    if (burst.collect(slot, this.table.chunkOf(slot).generation(slot), delayNs)) this.stamp();
    return slot;
  }

  /** Arms a one-shot actor for an instant and returns its slot. */
  arm(deadlineNs: number, callback: TimerCallback, arg: unknown, flags: number): number {
    this.stamp();
    return this.#armNow(deadlineNs, callback, arg, flags);
  }

  /**
   * Arms a one-shot actor, due `delayNs` after `nowNs`, which was read for it, and returns its slot.
   * The core may be told later, see `arm-holding.ts`.
   */
  armFrom(
    nowNs: number,
    delayNs: number,
    callback: TimerCallback,
    arg: unknown,
    flags: number,
  ): number {
    const deadlineNs = nowNs + delayNs;
    if (!this.#armHolding.noteArm(nowNs, delayNs)) {
      return this.arm(deadlineNs, callback, arg, flags);
    }
    const slot = this.table.take(callback, arg, flags | META_HELD);
    const chunk = this.table.chunkOf(slot);
    chunk.setDeadlineNs(slot, deadlineNs);
    this.#count(flags);
    this.#armHolding.hold(nowNs, delayNs, slot, chunk.token(slot));
    return slot;
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
    this.table.setIntervalNs(slot, intervalNs);
    this.#enqueue(slot, deadlineNs, flags);
    return slot;
  }

  /** Moves an armed actor: due `delayNs` from now. For a recurring one the grid restarts there. */
  rearmAfter(slot: number, delayNs: number): void {
    const burst = this.burst;
    if (burst.isActive) {
      const generation = this.table.chunkOf(slot).generation(slot);
      burst.hasMoves = true;
      this.rings.noteChange();
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
    const burst = this.burst;
    const { count } = burst;
    if (count === 0) return;
    const nowNs = this.#host.nowNs();
    let earliestNs = Number.POSITIVE_INFINITY;
    for (let at = 0; at < count; at++) {
      const word = burst.slots[at] as number;
      const slot = word & SLOT_MASK;
      const chunk = this.table.chunkOf(slot);
      const deadlineNs = nowNs + (burst.delaysNs[at] as number);
      const isCancelled =
        chunk.generation(slot) !== burst.generations[at] || chunk.callback(slot) === undefined;
      if ((word & IS_MOVE) !== 0) {
        if (!isCancelled) this.#move(slot, deadlineNs);
      } else if (isCancelled) {
        // It was counted as a stale entry of the queue, which it never became.
        this.rings.countStale(-1);
      } else {
        chunk.setDeadlineNs(slot, deadlineNs);
        this.rings.writeCommand(this.#native, deadlineNs, slot, chunk.token(slot));
        if (deadlineNs < earliestNs) earliestNs = deadlineNs;
      }
    }
    burst.noteStamped(nowNs);
    if (earliestNs !== Number.POSITIVE_INFINITY) this.rings.publish(this.#native, earliestNs);
  }

  /** Tells the core of all that was collected and held back. */
  tellAll(): void {
    this.stamp();
    this.#armHolding.tellAll();
  }

  /** Tells the core of all that was collected, and held back for the turn. */
  tellTurn(): void {
    this.stamp();
    this.#armHolding.tellTurn();
  }

  /** Calls `endTurn` when the present turn of the loop is over. */
  watchTurn(): void {
    if (this.#isTurnWatched) return;
    this.#isTurnWatched = true;
    this.#host.atEndOfTurn();
  }

  /** The turn of the loop is over: nothing stays collected. */
  endTurn(): void {
    this.#isTurnWatched = false;
    this.stamp();
    this.burst.end();
    this.#armHolding.endTurn();
  }

  /** Disarms an actor: its callback will not be called again. */
  cancel(slot: number): void {
    if (this.table.chunkOf(slot).hasFlag(slot, META_HELD)) {
      this.#armHolding.drop(slot);
      this.disarm(slot);
      return;
    }
    this.rings.countStale(1);
    this.disarm(slot);
    this.rings.noteChange();
  }

  /** Ends the use of a slot whose entry is not in the core's queue, or was counted as stale. */
  disarm(slot: number): void {
    this.#dropHold(slot);
    this.#pending--;
    this.table.release(slot);
  }

  /** Ends the use of a slot that holds the process, whose entry left the core's queue as it fired. */
  disarmFired(slot: number): void {
    if (--this.#holding === 0) this.#host.setHold(false);
    this.#pending--;
    this.table.free(slot);
  }

  /** The deadline of an armed actor; of a recurring one that is running, of the running tick. */
  deadlineNs(slot: number): number {
    this.stamp();
    return this.table.chunkOf(slot).deadlineNs(slot);
  }

  /** Lets an armed actor hold the process, or not. */
  setRef(slot: number, isRef: boolean): void {
    if (this.hasRef(slot) === isRef) return;
    if (!isRef) this.#dropHold(slot);
    const chunk = this.table.chunkOf(slot);
    chunk.setMeta(slot, chunk.meta(slot) ^ META_UNREF);
    this.rings.noteChange();
    if (isRef && this.#holding++ === 0) this.#host.setHold(true);
  }

  /** True when the armed actor holds the process. */
  hasRef(slot: number): boolean {
    return !this.table.chunkOf(slot).hasFlag(slot, META_UNREF);
  }

  /** Ends a tick of a recurring actor. Its next run is the first slot later than now. */
  endTick(slot: number): void {
    this.ticks.end(slot);
    this.ticks.settle();
  }

  /** Calls what is due. Returns true when more waits in the core. */
  dispatch(): boolean {
    this.#isTurnWatched = true;
    if (!this.#delivery.deliverAll()) return false;
    this.#native.refill();
    return true;
  }

  /** True when the core has handed over more since `dispatch`. */
  get hasNewDue(): boolean {
    return this.rings.countDue(this.rings.dueTail()) > 0;
  }

  /** Forgets everything that is armed. */
  clear(): void {
    this.#delivery.clear();
    this.rings.noteChange();
    this.burst.discard();
    this.#armHolding.clear();
    this.ticks.clear();
    this.#pending = 0;
    this.#holding = 0;
    this.#host.setHold(false);
    this.table.clear();
  }

  /** Now, in nanoseconds on the time line of the deadlines. */
  nowNs(): number {
    return this.#host.nowNs();
  }

  /** Delivers a slot that is not in the core's queue, and whose deadline has come, with this batch. */
  deliverLate(slot: number, token: number, deadlineNs: number): void {
    this.#delivery.addLate(slot, token, deadlineNs);
  }

  /** Puts a slot whose entry left the core's queue back into it. */
  putBack(slot: number, deadlineNs: number, token: number): void {
    this.rings.writeCommand(this.#native, deadlineNs, slot, token);
    this.rings.publish(this.#native, deadlineNs);
  }

  /** Gives a slot another entry in the core's queue; the one it has becomes stale. */
  requeue(slot: number, deadlineNs: number): void {
    const chunk = this.table.chunkOf(slot);
    const token = chunk.raiseToken(slot);
    chunk.setDeadlineNs(slot, deadlineNs);
    if (chunk.hasFlag(slot, META_HELD)) chunk.dropFlag(slot, META_HELD);
    else this.rings.countStale(1);
    this.rings.noteChange();
    this.putBack(slot, deadlineNs, token);
  }

  #armNow(deadlineNs: number, callback: TimerCallback, arg: unknown, flags: number): number {
    const slot = this.table.take(callback, arg, flags);
    this.#enqueue(slot, deadlineNs, flags);
    return slot;
  }

  #enqueue(slot: number, deadlineNs: number, flags: number): void {
    const chunk = this.table.chunkOf(slot);
    chunk.setDeadlineNs(slot, deadlineNs);
    this.#count(flags);
    this.putBack(slot, deadlineNs, chunk.token(slot));
  }

  #count(flags: number): void {
    this.#pending++;
    if ((flags & META_UNREF) === 0 && this.#holding++ === 0) this.#host.setHold(true);
  }

  #move(slot: number, deadlineNs: number): void {
    const chunk = this.table.chunkOf(slot);
    const isOneShot = !chunk.hasFlag(slot, META_RECURRING);
    if (isOneShot && deadlineNs >= chunk.deadlineNs(slot)) {
      chunk.setDeadlineNs(slot, deadlineNs);
      this.rings.noteChange();
    } else this.requeue(slot, isOneShot ? deadlineNs : Math.ceil(deadlineNs));
  }

  #noteArm(nowNs: number): void {
    this.burst.noteArm(nowNs);
    if (this.burst.isActive) this.watchTurn();
  }

  #dropHold(slot: number): void {
    if (this.hasRef(slot) && --this.#holding === 0) this.#host.setHold(false);
  }
}
