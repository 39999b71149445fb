/**
 * The memory that an isolate shares with the core: of a client, which submits jobs and gets results,
 * and of a lane, which takes batches of jobs and gives results. The layout is defined in
 * `crates/core/src/lane/memory.rs` and `frame.rs`; the constants here repeat it and are checked
 * against the binary.
 */
import { BindingVersionError } from '../errors.ts';
import type { NativeBinding } from '../native.ts';
import { NEEDS_LOAD_BARRIER } from '../store-order.ts';
import { type CodecMemory, codecMemory } from './codec-memory.ts';
import { encodeValue, NEEDS_PORT } from './value-codec.ts';

const HEADER_BYTES = 128;
const AREA_BYTES: number = 1 << 18;
const MEMORY_BYTES: number = HEADER_BYTES + 2 * AREA_BYTES;
const AREA_MASK: number = AREA_BYTES - 1;

/** Largest frame that goes through shared memory. */
export const LARGEST_FRAME: number = AREA_BYTES / 4;
/** Bytes in front of a frame's payload. */
export const FRAME_HEADER_BYTES = 24;
/** Slot of a frame that only fills the end of a ring. */
const SKIP_SLOT = -1;

/** Flag of a frame: the payload waits in the core. */
export const FLAG_LARGE = 1;
/** Flag of a timed run: what it needs may be in the message port. */
export const FLAG_PORT = 2;
/** Where the number of arguments stands in the flags, 255 for "an array of them". */
export const ARGUMENTS_SHIFT = 8;
/** Where the priority stands in the flags. */
export const PRIORITY_SHIFT = 24;

/** The job returned. */
export const STATUS_DONE = 0;
/** The job threw. */
export const STATUS_FAILED = 1;
/** The thread ended while the job was running. */
export const STATUS_LOST = 2;
/** Notice: our lane in the slot's place is there. */
export const STATUS_LANE_UP = 3;
/** Notice: end our lane in the slot's place. */
export const STATUS_END_LANE = 4;
/** Notice: our lane in the slot's place is gone. */
export const STATUS_LANE_GONE = 5;
/** Notice: jobs are waiting and we may start another lane. */
export const STATUS_GROW = 6;
/** The job returned; what it returned is in the message port. */
export const STATUS_DONE_BY_PORT = 7;
/** The job was stopped before it was started. */
export const STATUS_STOPPED = 8;
/** The run of a timed worker returned `false`. */
export const STATUS_RUN_LAST = 9;

/** Nothing is called after a submit. */
export const KICK_NEVER = 0;
/** All threads are busy, and there could be another: one call, unless another follows anyway. */
export const KICK_TO_GROW = 2;

// Indices into the 32-bit view of a client's memory.
const SUBMIT_TAIL = 0;
const RESULT_HEAD = 1;
const IS_AWAKE = 2;
const SUBMIT_HEAD = 16;
const RESULT_TAIL = 17;
const HAS_BACKLOG = 18;
const WANTS_KICK = 19;
const LANES = 20;
const IDLE = 21;
// And of a lane's.
const OUTBOX_BYTES = 0;
const CLAIMS = 16;
const HAS_ABORTS = 17;
const ASSIGNED = 18;

const FIRST_AREA: number = HEADER_BYTES;
const SECOND_AREA: number = HEADER_BYTES + AREA_BYTES;

/** A frame's header, unpacked. */
export interface Frame {
  slot: number;
  /** Of a job its definition, of a result its status. */
  kind: number;
  flags: number;
  sequence: number;
  origin: number;
  /** Byte offset of the payload in the memory. */
  payloadAt: number;
}

/** A frame to be overwritten by the next read. */
export function emptyFrame(): Frame {
  return { slot: 0, kind: 0, flags: 0, sequence: 0, origin: 0, payloadAt: 0 };
}

/**
 * Refuses a binary whose memory layout is another one.
 *
 * @throws BindingVersionError when it is.
 */
export function checkLaneLayout(binding: NativeBinding): void {
  const layout = binding.laneLayout();
  const fits =
    layout.memoryBytes === MEMORY_BYTES &&
    layout.headerBytes === HEADER_BYTES &&
    layout.areaBytes === AREA_BYTES &&
    layout.largestFrame === LARGEST_FRAME;
  if (!fits) throw new BindingVersionError('this memory layout', 'another memory layout');
}

/** A client's end: a ring of jobs to write, a ring of results to read. */
export class ClientMemory {
  readonly memory: CodecMemory;
  readonly buffer: ArrayBuffer = new ArrayBuffer(MEMORY_BYTES);
  readonly #words: Int32Array;
  #tail = 0;
  /** The core's head as last seen: never ahead of the real one. */
  #submitHead = 0;
  #resultHead = 0;

  constructor() {
    this.memory = codecMemory(this.buffer);
    this.#words = this.memory.words;
  }

  /**
   * Writes and publishes one job.
   *
   * @param flags - With the number of arguments; without arguments `value` is not looked at.
   * @param makeRoom - Called when the ring is full; afterwards it is empty.
   * @returns Above zero when done; otherwise what {@link encodeValue} returned: the value needs a
   * port, or minus the bytes of a payload that is too large for a frame.
   */
  submit(
    slot: number,
    definition: number,
    flags: number,
    sequence: number,
    value: unknown,
    makeRoom: () => void,
  ): number {
    const hasPayload = ((flags >>> ARGUMENTS_SHIFT) & 0xff) !== 0;
    for (;;) {
      const tail = this.#tail;
      const offset = tail & AREA_MASK;
      const left = AREA_BYTES - offset;
      const limit = left < LARGEST_FRAME ? left : LARGEST_FRAME;
      if (AREA_BYTES - ((tail - this.#submitHead) | 0) < limit && !this.#hasRoomFor(limit)) {
        makeRoom();
        continue;
      }
      const at = FIRST_AREA + offset;
      const room = limit - FRAME_HEADER_BYTES;
      const used = hasPayload ? encodeValue(this.memory, at + FRAME_HEADER_BYTES, room, value) : 8;
      // A getter inside the value may have submitted a job of its own here.
      if (this.#tail !== tail) continue;
      if (used > 0) {
        const bytes = hasPayload ? (FRAME_HEADER_BYTES + used + 31) & -32 : 32;
        this.#writeHeader(at, bytes, slot, definition, flags, sequence);
        this.#tail = (tail + bytes) | 0;
        Atomics.store(this.#words, SUBMIT_TAIL, this.#tail);
        if (NEEDS_LOAD_BARRIER) Atomics.load(this.#words, SUBMIT_TAIL);
        return used;
      }
      if (used === NEEDS_PORT || limit === LARGEST_FRAME) return used;
      this.#writeHeader(at, left, SKIP_SLOT, 0, 0, 0);
      this.#tail = (tail + left) | 0;
    }
  }

  /** Whether the core wants to be called after what was submitted: one of the `KICK_` values. */
  get wantsKick(): number {
    return this.#words[WANTS_KICK] as number;
  }

  /** Lanes that serve this isolate. */
  get lanes(): number {
    return this.#words[LANES] as number;
  }

  /** Those among them that wait for work, or look for it unasked. */
  get idleLanes(): number {
    return this.#words[IDLE] as number;
  }

  /** True when results have come that were not read. */
  get hasResults(): boolean {
    return Atomics.load(this.#words, RESULT_TAIL) !== this.#resultHead;
  }

  /** True when results wait in the core because they found no room in the ring. */
  get hasBacklog(): boolean {
    return this.#words[HAS_BACKLOG] !== 0;
  }

  /** Tells the core whether we look at results by ourselves. */
  setAwake(isAwake: boolean): void {
    Atomics.store(this.#words, IS_AWAKE, isAwake ? 1 : 0);
    if (NEEDS_LOAD_BARRIER) Atomics.load(this.#words, IS_AWAKE);
  }

  /** Position behind the results that have come so far. */
  resultTail(): number {
    return Atomics.load(this.#words, RESULT_TAIL);
  }

  /** Unpacks the next result; false when `tail` is reached. */
  nextResult(tail: number, into: Frame): boolean {
    while (this.#resultHead !== tail) {
      const at = SECOND_AREA + (this.#resultHead & AREA_MASK);
      const bytes = readHeader(this.#words, at, into);
      this.#resultHead = (this.#resultHead + bytes) | 0;
      if (into.slot !== SKIP_SLOT) return true;
    }
    return false;
  }

  /** Gives the place of the results that were read back. True when more waits in the core. */
  releaseResults(): boolean {
    Atomics.store(this.#words, RESULT_HEAD, this.#resultHead);
    return this.hasBacklog;
  }

  #hasRoomFor(bytes: number): boolean {
    this.#submitHead = Atomics.load(this.#words, SUBMIT_HEAD);
    return AREA_BYTES - ((this.#tail - this.#submitHead) | 0) >= bytes;
  }

  #writeHeader(
    at: number,
    bytes: number,
    slot: number,
    definition: number,
    flags: number,
    sequence: number,
  ): void {
    const word = at >> 2;
    this.#words[word] = bytes;
    this.#words[word + 1] = slot;
    this.#words[word + 2] = definition;
    this.#words[word + 3] = flags;
    this.#words[word + 4] = sequence;
    this.#words[word + 5] = 0;
  }
}

/** A lane's end: a batch of jobs to read, an area of results to write. */
export class LaneMemory {
  readonly memory: CodecMemory;
  readonly buffer: ArrayBuffer = new ArrayBuffer(MEMORY_BYTES);
  readonly #words: Int32Array;
  #inboxAt = FIRST_AREA;

  constructor() {
    this.memory = codecMemory(this.buffer);
    this.#words = this.memory.words;
  }

  /** A new batch is in the inbox. */
  beginBatch(): void {
    this.#inboxAt = FIRST_AREA;
  }

  /**
   * Claims the next job of the batch and unpacks it; false when the batch is over. Another lane may
   * take what is not claimed.
   */
  claim(into: Frame): boolean {
    const claims = Atomics.add(this.#words, CLAIMS, 1);
    if ((claims & 0xffff) >= claims >>> 16) return false;
    this.#inboxAt += readHeader(this.#words, this.#inboxAt, into);
    return true;
  }

  /** True when the batch has jobs that nobody has claimed. */
  get hasMore(): boolean {
    const claims = Atomics.load(this.#words, CLAIMS);
    return (claims & 0xffff) < claims >>> 16;
  }

  /** True when jobs were aborted since the last look. */
  get hasAborts(): boolean {
    return this.#words[HAS_ABORTS] !== 0;
  }

  /** Jobs that were sent to our message port so far. */
  get assigned(): number {
    return Atomics.load(this.#words, ASSIGNED);
  }

  /** True when results wait to be published. */
  get hasResults(): boolean {
    return this.#words[OUTBOX_BYTES] !== 0;
  }

  /**
   * Writes a result, to be published at the next exchange.
   *
   * @returns Above zero when done; otherwise as {@link encodeValue}.
   */
  give(job: Frame, status: number, value: unknown): number {
    const filled = this.#words[OUTBOX_BYTES] as number;
    const left = AREA_BYTES - filled;
    if (left < LARGEST_FRAME) return -LARGEST_FRAME;
    const at = SECOND_AREA + filled;
    const room = LARGEST_FRAME - FRAME_HEADER_BYTES;
    const used = encodeValue(this.memory, at + FRAME_HEADER_BYTES, room, value, 'result');
    if (used <= 0) return used;
    const bytes = (FRAME_HEADER_BYTES + used + 31) & -32;
    const word = at >> 2;
    this.#words[word] = bytes;
    this.#words[word + 1] = job.slot;
    this.#words[word + 2] = status;
    this.#words[word + 3] = 0;
    this.#words[word + 4] = job.sequence;
    this.#words[word + 5] = job.origin;
    Atomics.store(this.#words, OUTBOX_BYTES, filled + bytes);
    return used;
  }
}

function readHeader(words: Int32Array, at: number, into: Frame): number {
  const word = at >> 2;
  into.slot = words[word + 1] as number;
  into.kind = words[word + 2] as number;
  into.flags = words[word + 3] as number;
  into.sequence = words[word + 4] as number;
  into.origin = words[word + 5] as number;
  into.payloadAt = at + FRAME_HEADER_BYTES;
  return words[word] as number;
}
