/**
 * Reads the clock once for several arms in a row.
 *
 * A delay counts from the moment of the call, and a timer must never be early, so each arm would
 * have to read the clock, which costs more than all the rest of an arm together. But arms come in
 * bursts: a loop over connections, a batch of callbacks that arm again. In a burst the arms of a
 * turn are collected and get their instant together, after the fact: at every sixteenth, at the end
 * of the turn, or when anything asks for a deadline. The instant is that of the collecting, never
 * before the call, so nothing is early; in a burst it is a microsecond late.
 *
 * A burst begins when a few arms follow each other within microseconds, and ends when they do not:
 * an arm that comes alone is never held back.
 */
import { BurstStart, CLOSE_NS } from './burst-start.ts';

/** Arms that are collected before the clock is read. */
export const BURST_SIZE = 16;

/** Bit of a collected slot: it was armed before and is moved. */
export const IS_MOVE = 0x1000_0000;

/** See the head of the file. */
export class ArmingBurst {
  /** Slot of each collected arm, with {@link IS_MOVE}. */
  readonly slots: Int32Array = new Int32Array(BURST_SIZE);
  /** Generation of each slot: another one at the end means that it was cancelled meanwhile. */
  readonly generations: Int32Array = new Int32Array(BURST_SIZE);
  readonly delaysNs: Float64Array = new Float64Array(BURST_SIZE);
  /** Number of collected arms. */
  count = 0;
  /** True while one of the collected arms moves an actor that is armed. */
  hasMoves = false;
  /** True while arms are collected. */
  isActive = false;
  readonly #start = new BurstStart();

  /** Collects an arm. True when the collection is full and must be stamped. */
  collect(slot: number, generation: number, delayNs: number): boolean {
    const at = this.count++;
    this.slots[at] = slot;
    this.generations[at] = generation;
    this.delaysNs[at] = delayNs;
    return at === BURST_SIZE - 1;
  }

  /** Notes an arm that read the clock itself; enough of them close together begin a burst. */
  noteArm(nowNs: number): void {
    this.isActive = this.#start.noteArm(nowNs);
  }

  /** Notes that the collected arms were stamped; the burst goes on if they came close together. */
  noteStamped(nowNs: number): void {
    this.isActive = nowNs - this.#start.lastNs < this.count * CLOSE_NS;
    this.#start.lastNs = nowNs;
    this.#start.end();
    this.count = 0;
    this.hasMoves = false;
  }

  /** Forgets what was collected. */
  discard(): void {
    this.count = 0;
    this.hasMoves = false;
  }

  /** The turn is over: the next arm may come at any time. */
  end(): void {
    this.isActive = false;
    this.#start.end();
  }
}
