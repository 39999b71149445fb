/**
 * The ticks of recurring actors, which the core puts back into the queue when it hands them over.
 *
 * The end of a tick is told by moving the deadline to the next slot of the grid and then flipping
 * the parity. Only after that the clock is read: when the next slot has not come yet, the core will
 * see the flip in time; otherwise the missed slots are skipped with a command of our own.
 */

import type { SlotChunk } from './slot-chunk.ts';
import type { SlotTable } from './slot-table.ts';
import { NEEDS_LOAD_BARRIER } from './store-order.ts';
import { TickGroup } from './tick-group.ts';
import type { TimerHost } from './timer-host.ts';

/** Gives a slot another entry in the core's queue. */
export interface Requeuer {
  requeue(slot: number, deadlineNs: number): void;
}

/** See the head of the file. */
export class RecurringTicks {
  /** Slots of the grids that were skipped. */
  missed = 0;
  readonly #table: SlotTable;
  readonly #host: TimerHost;
  readonly #requeuer: Requeuer;
  readonly #group = new TickGroup();
  readonly #barrier = new Int32Array(1);

  constructor(table: SlotTable, host: TimerHost, requeuer: Requeuer) {
    this.#table = table;
    this.#host = host;
    this.#requeuer = requeuer;
  }

  /** Tells the core that a tick is over. True when it is time to look at the clock. */
  end(slot: number): boolean {
    const chunk = this.#table.chunkOf(slot);
    return this.endOf(chunk, slot, chunk.token(slot), chunk.deadlineNs(slot));
  }

  /** As {@link RecurringTicks.end}, where the slot's token and deadline are at hand. */
  endOf(chunk: SlotChunk, slot: number, token: number, deadlineNs: number): boolean {
    const nextNs = deadlineNs + chunk.intervalNs(slot);
    chunk.setDeadlineNs(slot, nextNs);
    chunk.flipParity(slot);
    return this.#group.add(slot, token, nextNs);
  }

  /** Looks at the clock behind the ends of ticks; slots that have passed are skipped. */
  settle(): void {
    const group = this.#group;
    if (group.count === 0) return;
    // The clock must not be read before the core can see the ends.
    Atomics.store(this.#barrier, 0, 0);
    if (NEEDS_LOAD_BARRIER) Atomics.load(this.#barrier, 0);
    const nowNs = this.#host.nowNs();
    if (nowNs >= group.earliestNextNs) {
      for (let at = 0; at < group.count; at++) {
        this.#skipPassed(group.slots[at] as number, group.tokens[at] as number, nowNs);
      }
    }
    group.restart(nowNs, this.#host.mayCollect);
  }

  /** Forgets ends that were not looked at. */
  clear(): void {
    this.#group.restart(0, false);
  }

  #skipPassed(slot: number, token: number, nowNs: number): void {
    const chunk = this.#table.chunkOf(slot);
    const nextNs = chunk.deadlineNs(slot);
    if (nowNs < nextNs || chunk.token(slot) !== token) return;
    const intervalNs = chunk.intervalNs(slot);
    const passed = Math.floor((nowNs - nextNs) / intervalNs) + 1;
    this.missed += passed;
    this.#requeuer.requeue(slot, nextNs + passed * intervalNs);
  }
}
