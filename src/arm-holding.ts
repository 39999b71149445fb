/**
 * Arms whose commands are held back for a moment.
 *
 * Each has read the clock and has its deadline; only the core does not know of it yet. What is
 * cancelled meanwhile, as most time-outs of requests are, then costs neither a command nor work of the
 * timer thread, and the others are shown to it together, with one barrier.
 *
 * In a burst they are held until the turn of the loop is over. No callback can run before that. Near
 * deadlines are told at once: a turn may block for longer than they are away, and the thread should
 * have handed them over by then, or immediates would come first.
 *
 * Far ones, while many are armed, are held for 50 to 100 milliseconds. A server clears the time-outs of
 * its requests turns later, and seconds before they are due. Arms that come later look at what is held,
 * and tell what was held at the look before. When none comes, a watch of our own does, an actor that is
 * due in half a second. A far arm that comes now and then is told at once: an idle program would be
 * woken once more for it. A loop that blocks for seconds may come back when held deadlines have passed;
 * then the watch is due as well, before everything that is due later, and those actors take their place
 * in its batch.
 */
import { ArmRate } from './arm-rate.ts';
import { HeldArms } from './held-arms.ts';
import type { SharedRings } from './shared-memory.ts';
import type { SlotTable } from './slot-table.ts';
import { META_HELD, META_UNREF, type NativeTimers, type TimerCallback } from './timer-host.ts';

/** Arms that are held back for a turn before the core is told. */
const HELD_FOR_TURN = 1024;
/** Far arms that are held back before the core is told of some … */
const HELD_FAR = 65_536;
/** … of so many of the oldest. */
const OLDEST_TOLD = 1024;
/** Deadlines nearer than this, in nanoseconds, are told at once. */
const NEAR_NS = 100e6;
/** Deadlines as far as this, in nanoseconds, are far. */
const FAR_NS = 2e9;
/** Nanoseconds between two looks at the far ones. After twice as many all of them are told. */
const LOOK_NS = 50e6;
/** Nanoseconds to the watch. */
const WATCH_NS = FAR_NS / 4;

/** The timers whose arms are held back. */
export interface ArmingOwner {
  readonly rings: SharedRings;
  readonly table: SlotTable;
  nowNs(): number;
  arm(deadlineNs: number, callback: TimerCallback, arg: unknown, flags: number): number;
  /** Calls `endTurn` when the present turn of the loop is over. */
  watchTurn(): void;
  /** Delivers an actor whose deadline has come with the present batch. */
  deliverLate(slot: number, token: number, deadlineNs: number): void;
}

/** See the head of the file. */
export class ArmHolding {
  /** The watch is armed. */
  isWatched = false;
  readonly #owner: ArmingOwner;
  readonly #native: NativeTimers;
  readonly #rate = new ArmRate(LOOK_NS);
  readonly #turnArms = new HeldArms(HELD_FOR_TURN);
  readonly #farArms = new HeldArms(HELD_FAR);
  #lookedNs = 0;

  constructor(owner: ArmingOwner, native: NativeTimers) {
    this.#owner = owner;
    this.#native = native;
  }

  /** Notes an arm at `nowNs`. True when it is to be held back. */
  noteArm(nowNs: number, delayNs: number): boolean {
    const rate = this.#rate;
    if (!rate.isBurst) {
      rate.noteArm(nowNs);
      if (rate.isBurst) this.#owner.watchTurn();
    }
    if (delayNs >= FAR_NS) return rate.isBurst || rate.isBusy;
    return rate.isBurst && delayNs >= NEAR_NS;
  }

  /** Holds a slot back that has its deadline and the flag `META_HELD`. */
  hold(nowNs: number, delayNs: number, slot: number, token: number): void {
    if (delayNs < FAR_NS) {
      if (this.#turnArms.add(slot, token)) this.tellTurn();
      return;
    }
    if (!this.isWatched) this.#watch(nowNs);
    if (nowNs - this.#lookedNs >= LOOK_NS) this.#look(nowNs);
    if (this.#farArms.add(slot, token)) this.#tell(this.#farArms, OLDEST_TOLD, nowNs);
  }

  /** Forgets a held slot that is cancelled, where that is quick. */
  drop(slot: number): void {
    this.#turnArms.drop(slot);
    this.#farArms.drop(slot);
  }

  /** The turn of the loop is over. */
  endTurn(): void {
    this.tellTurn();
    this.#rate.endTurn();
  }

  /** Tells the core of what is held for the turn. */
  tellTurn(): void {
    this.#tell(this.#turnArms, this.#turnArms.count, Number.NEGATIVE_INFINITY);
  }

  /** Tells the core of all that is held. */
  tellAll(): void {
    this.tellTurn();
    this.#tell(this.#farArms, this.#farArms.count, Number.NEGATIVE_INFINITY);
  }

  /** Forgets everything. */
  clear(): void {
    this.#turnArms.discard();
    this.#farArms.discard();
    this.isWatched = false;
  }

  #watch(nowNs: number): void {
    this.isWatched = true;
    this.#owner.arm(nowNs + WATCH_NS, this.#endWatch, undefined, META_UNREF);
  }

  readonly #endWatch = (): void => {
    this.isWatched = false;
    const nowNs = this.#owner.nowNs();
    if (nowNs - this.#lookedNs >= LOOK_NS) this.#look(nowNs);
    if (this.#farArms.count > 0) this.#watch(nowNs);
  };

  #look(nowNs: number): void {
    const marked = this.#farArms.takeMarked();
    const isOverdue = nowNs - this.#lookedNs >= 2 * LOOK_NS;
    this.#lookedNs = nowNs;
    this.#tell(this.#farArms, isOverdue ? this.#farArms.count : marked, nowNs);
  }

  /** Tells the core of the `count` oldest. Those due up to `lateNs` join the present batch instead. */
  #tell(held: HeldArms, count: number, lateNs: number): void {
    const { rings, table } = this.#owner;
    let earliestNs = Number.POSITIVE_INFINITY;
    for (let left = count; left > 0; left--) {
      const slot = held.firstSlot;
      const token = held.firstToken;
      held.shift();
      const chunk = table.chunkOf(slot);
      if (chunk.token(slot) !== token) continue;
      chunk.dropFlag(slot, META_HELD);
      const deadlineNs = chunk.deadlineNs(slot);
      if (deadlineNs <= lateNs) this.#owner.deliverLate(slot, token, deadlineNs);
      else {
        rings.writeCommand(this.#native, deadlineNs, slot, token);
        if (deadlineNs < earliestNs) earliestNs = deadlineNs;
      }
    }
    if (earliestNs !== Number.POSITIVE_INFINITY) rings.publish(this.#native, earliestNs);
  }
}
