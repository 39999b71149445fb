/**
 * A hierarchical timing wheel in plain JavaScript behind one armed Node timer: what a careful
 * engineer can have without native code. Insert, cancel and refresh are O(1).
 *
 * Ticks are whole milliseconds and deadlines are rounded up, so nothing runs early. Level 0 holds
 * the next 64 ticks one by one; levels 1 to 3 hold 256 buckets each, of 64 ms, 16 s and 70 min, and
 * a bucket is poured down when the clock reaches it. Entries are slots in typed arrays, linked both
 * ways; a link below zero, `~bucket`, marks the first and the last entry of that bucket.
 *
 * A handle is `generation * 2^24 + slot`: a slot that was freed has another generation, so a stale
 * handle does nothing. At most 2^24 timers, at most 12 days ahead.
 */
import { performance } from 'node:perf_hooks';

const LEVEL0_BITS = 6;
const LEVEL0_SIZE = 1 << LEVEL0_BITS;
const LEVEL0_MASK = LEVEL0_SIZE - 1;
const UPPER_BITS = 8;
const UPPER_SIZE = 1 << UPPER_BITS;
const UPPER_MASK = UPPER_SIZE - 1;
const TOP_SHIFT = LEVEL0_BITS + 2 * UPPER_BITS;
/** One bucket more than the levels have: what is being fired right now. */
const FIRING = LEVEL0_SIZE + 3 * UPPER_SIZE;
const NONE = -1;
const NEVER = 2 ** 31 - 1;
const SLOT_SPAN = 2 ** 24;
const FIRST_CAPACITY = 1024;

export class TimingWheel {
  #capacity = FIRST_CAPACITY;
  #next = new Int32Array(FIRST_CAPACITY);
  #previous = new Int32Array(FIRST_CAPACITY);
  #dueTick = new Int32Array(FIRST_CAPACITY);
  #generation = new Uint32Array(FIRST_CAPACITY);
  #intervalTicks = undefined;
  #callbacks = [];
  #args = [];
  #first = new Int32Array(FIRING + 1).fill(NONE);
  #last = new Int32Array(FIRING + 1).fill(NONE);
  #freeSlot = NONE;
  #usedSlots = 0;
  #pending = 0;
  /** The next tick to be fired: everything before it has been. */
  #tick = 0;
  #originMs = performance.now();
  #timer = undefined;
  #armedTick = NEVER;
  #firing = false;
  #onTimer = () => this.#advance();

  pending() {
    return this.#pending;
  }

  insert(delayMs, callback, arg) {
    const tick = this.#tickAfter(delayMs);
    const slot = this.#take(callback, arg);
    this.#place(slot, tick);
    return this.#generation[slot] * SLOT_SPAN + slot;
  }

  /** Fixed grid from now + interval; slots that were missed are skipped. Whole milliseconds. */
  every(intervalMs, callback, arg) {
    this.#intervalTicks ??= new Int32Array(this.#capacity);
    const tick = this.#tickAfter(intervalMs);
    const slot = this.#take(callback, arg);
    this.#intervalTicks[slot] = Math.max(1, Math.round(intervalMs));
    this.#place(slot, tick);
    return this.#generation[slot] * SLOT_SPAN + slot;
  }

  cancel(handle) {
    const slot = this.#slotOf(handle);
    if (slot === NONE) return false;
    this.#unlink(slot);
    this.#release(slot);
    return true;
  }

  refresh(handle, delayMs) {
    const slot = this.#slotOf(handle);
    if (slot === NONE) return false;
    const tick = this.#tickAfter(delayMs);
    if (tick !== this.#dueTick[slot]) {
      this.#unlink(slot);
      this.#place(slot, tick);
    }
    return true;
  }

  #slotOf(handle) {
    const generation = Math.floor(handle / SLOT_SPAN);
    const slot = handle - generation * SLOT_SPAN;
    return slot < this.#usedSlots && this.#generation[slot] === generation ? slot : NONE;
  }

  #tickAfter(delayMs) {
    const now = performance.now() - this.#originMs;
    // With nothing pending the clock stood still: catch up instead of walking empty ticks later.
    if (this.#pending === 0 && now > this.#tick) this.#tick = Math.floor(now);
    return Math.max(this.#tick, Math.ceil(now + delayMs));
  }

  #take(callback, arg) {
    this.#pending++;
    const slot = this.#freeSlot;
    if (slot !== NONE) {
      this.#freeSlot = this.#next[slot];
      this.#callbacks[slot] = callback;
      this.#args[slot] = arg;
      return slot;
    }
    if (this.#usedSlots === this.#capacity) this.#grow();
    this.#callbacks.push(callback);
    this.#args.push(arg);
    return this.#usedSlots++;
  }

  #release(slot) {
    this.#pending--;
    this.#generation[slot]++;
    this.#callbacks[slot] = undefined;
    this.#args[slot] = undefined;
    if (this.#intervalTicks !== undefined) this.#intervalTicks[slot] = 0;
    this.#next[slot] = this.#freeSlot;
    this.#freeSlot = slot;
  }

  #grow() {
    this.#capacity *= 2;
    const enlarged = (Kind, array) => {
      const copy = new Kind(this.#capacity);
      copy.set(array);
      return copy;
    };
    this.#next = enlarged(Int32Array, this.#next);
    this.#previous = enlarged(Int32Array, this.#previous);
    this.#dueTick = enlarged(Int32Array, this.#dueTick);
    this.#generation = enlarged(Uint32Array, this.#generation);
    if (this.#intervalTicks !== undefined) {
      this.#intervalTicks = enlarged(Int32Array, this.#intervalTicks);
    }
  }

  #place(slot, tick) {
    this.#dueTick[slot] = tick;
    this.#append(this.#bucketFor(tick), slot);
    if (tick < this.#armedTick && !this.#firing) this.#arm(tick);
  }

  #bucketFor(tick) {
    const ahead = tick - this.#tick;
    if (ahead < LEVEL0_SIZE) return tick & LEVEL0_MASK;
    let shift = LEVEL0_BITS;
    let base = LEVEL0_SIZE;
    while (shift < TOP_SHIFT && ahead >= 1 << (shift + UPPER_BITS)) {
      shift += UPPER_BITS;
      base += UPPER_SIZE;
    }
    return base + ((tick >> shift) & UPPER_MASK);
  }

  #append(bucket, slot) {
    const last = this.#last[bucket];
    this.#next[slot] = ~bucket;
    this.#last[bucket] = slot;
    if (last === NONE) {
      this.#first[bucket] = slot;
      this.#previous[slot] = ~bucket;
    } else {
      this.#next[last] = slot;
      this.#previous[slot] = last;
    }
  }

  #unlink(slot) {
    const next = this.#next[slot];
    const previous = this.#previous[slot];
    if (next < 0) this.#last[~next] = previous < 0 ? NONE : previous;
    else this.#previous[next] = previous;
    if (previous < 0) this.#first[~previous] = next < 0 ? NONE : next;
    else this.#next[previous] = next;
  }

  #advance() {
    this.#timer = undefined;
    this.#armedTick = NEVER;
    this.#firing = true;
    try {
      // A callback that threw last time left the rest of its batch here.
      this.#fireBatch();
      while (this.#advanceTo(Math.floor(performance.now() - this.#originMs)));
    } finally {
      this.#firing = false;
      if (this.#pending > 0) this.#arm(this.#first[FIRING] === NONE ? this.#nextEventTick() : 0);
    }
  }

  /** Fires everything due up to `nowTick`; false when there was nothing left to do. */
  #advanceTo(nowTick) {
    if (this.#tick > nowTick) return false;
    while (this.#pending > 0) {
      const tick = this.#nextEventTick();
      if (tick > nowTick) break;
      this.#tick = tick;
      if ((tick & LEVEL0_MASK) === 0) this.#pour(tick);
      this.#detachForFiring(tick & LEVEL0_MASK);
      // First the clock, then the callbacks: what they insert belongs to a later turn of the wheel.
      this.#tick = tick + 1;
      this.#fireBatch();
    }
    this.#tick = Math.max(this.#tick, nowTick + 1);
    return true;
  }

  /** The first tick at which there is something to fire or to pour. */
  #nextEventTick() {
    let fireTick = NEVER;
    for (let tick = this.#tick; tick < this.#tick + LEVEL0_SIZE; tick++) {
      if (this.#first[tick & LEVEL0_MASK] !== NONE) {
        fireTick = tick;
        break;
      }
    }
    let block = (this.#tick + LEVEL0_MASK) >> LEVEL0_BITS;
    while (block << LEVEL0_BITS < fireTick) {
      const index = block & UPPER_MASK;
      if (index === 0 || this.#first[LEVEL0_SIZE + index] !== NONE) return block << LEVEL0_BITS;
      block++;
    }
    return fireTick;
  }

  #pour(tick) {
    const index1 = (tick >> LEVEL0_BITS) & UPPER_MASK;
    if (index1 === 0) {
      const index2 = (tick >> (LEVEL0_BITS + UPPER_BITS)) & UPPER_MASK;
      if (index2 === 0) {
        this.#pourBucket(LEVEL0_SIZE + 2 * UPPER_SIZE + ((tick >> TOP_SHIFT) & UPPER_MASK));
      }
      this.#pourBucket(LEVEL0_SIZE + UPPER_SIZE + index2);
    }
    this.#pourBucket(LEVEL0_SIZE + index1);
  }

  #pourBucket(bucket) {
    let slot = this.#first[bucket];
    this.#first[bucket] = NONE;
    this.#last[bucket] = NONE;
    while (slot >= 0) {
      const next = this.#next[slot];
      this.#append(this.#bucketFor(this.#dueTick[slot]), slot);
      slot = next;
    }
  }

  #detachForFiring(bucket) {
    const first = this.#first[bucket];
    if (first === NONE) return;
    const last = this.#last[bucket];
    this.#first[bucket] = NONE;
    this.#last[bucket] = NONE;
    this.#first[FIRING] = first;
    this.#last[FIRING] = last;
    this.#previous[first] = ~FIRING;
    this.#next[last] = ~FIRING;
  }

  #fireBatch() {
    let slot = this.#first[FIRING];
    while (slot !== NONE) {
      const callback = this.#callbacks[slot];
      const arg = this.#args[slot];
      this.#unlink(slot);
      if (this.#intervalTicks !== undefined && this.#intervalTicks[slot] > 0) this.#recur(slot);
      else this.#release(slot);
      callback(arg);
      slot = this.#first[FIRING];
    }
  }

  #recur(slot) {
    const interval = this.#intervalTicks[slot];
    let tick = this.#dueTick[slot] + interval;
    if (tick < this.#tick) tick += Math.ceil((this.#tick - tick) / interval) * interval;
    this.#place(slot, tick);
  }

  #arm(tick) {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#armedTick = tick;
    const aheadMs = this.#originMs + tick - performance.now();
    this.#timer = setTimeout(this.#onTimer, Math.max(1, Math.ceil(aheadMs)));
  }
}
