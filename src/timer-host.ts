/** What the timers of an isolate are given: callbacks, flags, and what they need around them. */
import type { NativeIsolate, NativeManualIsolate } from './native.ts';
import type { CommandReceiver } from './shared-memory.ts';
import type { ChunkReceiver } from './slot-table.ts';

/** Meta flag: does not hold the process. */
export const META_UNREF = 4;
/** Meta flag: the owner calls `endTick` itself, when an asynchronous tick is over. */
export const META_OWNER_ENDS_TICK = 8;
/** Meta flag: the deadline stands for an instant of the wall clock. */
export const META_WALL = 16;

/** Meta flag: armed, and the core is told later; see `arm-holding.ts`. */
export const META_HELD = 32;

/** What is called when an actor is due. */
export type TimerCallback = (arg: never) => unknown;

/** What the timers need from the isolate around them. */
export interface TimerHost {
  /** Now, in nanoseconds on the time line of the deadlines. */
  nowNs(): number;
  /** Arms in a burst may share a reading of the clock. */
  readonly mayCollect: boolean;
  /** Calls `endTurn` when the present turn of the loop is over. */
  atEndOfTurn(): void;
  /** Something that holds the process is pending, or nothing any more. */
  setHold(isHeld: boolean): void;
  /** An error that a callback threw. */
  reportError(error: unknown): void;
  /** The deadline of an actor of the wall clock, corrected when its instant has not come yet. */
  wallDeadlineNs(deadlineNs: number): number;
  /** Reads a little of what an actor that comes soon is called with; see `due-delivery.ts`. */
  touchArg(callback: unknown, arg: unknown): number;
  /** Runs nextTicks and microtasks, as Node does between two timers. */
  runMicrotasks(): void;
}

/** The native side of one isolate, real or manual. */
export type NativeTimers = CommandReceiver &
  ChunkReceiver &
  Pick<NativeIsolate & NativeManualIsolate, 'refill' | 'stats' | 'close'>;
