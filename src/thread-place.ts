import type { CallSite } from './lane/call-site.ts';
import { type CarriedFunction, carry } from './lane/carried-function.ts';
import { laneClient } from './lane/lane-client.ts';
import type { AnyFunction, ThreadTask } from './lane/thread-task.ts';
import { NO_HANDLE } from './lane/timed-desk.ts';
import { NO_SLOT } from './worker-extras.ts';

type Captures = Readonly<Record<string, unknown>> | undefined;

/**
 * What a worker on native threads has besides what all have: its function as it goes to a thread,
 * and its handle in the core from `start()` until it is finished. While there is a handle the core
 * alone knows where the worker stands.
 */
export class ThreadPlace {
  handle: number = NO_HANDLE;
  /** The function, with what it captured at the last start. */
  task: CarriedFunction;
  /** What the next start begins with. */
  encoded: Uint8Array | undefined = undefined;
  /** Where it was started, for the stack of its errors. */
  callSite: CallSite | undefined = undefined;
  /** Number of its function, when that holds shared memory. */
  sharedDefinition: number | undefined = undefined;
  /** Its data can only go by message port. */
  hasSharedData = false;
  /** Armed slot of the manual clock. */
  alarmSlot: number = NO_SLOT;
  /** It holds the process. */
  isHolding = false;
  /** The log has it that the worker stops. */
  isStopLogged = false;
  readonly #captures: Captures;

  constructor(callback: AnyFunction | ThreadTask, captures: Captures) {
    this.#captures = captures;
    this.task = carry(callback, captures);
  }

  /** Reads again what the function captured. */
  carryAgain(callback: AnyFunction | ThreadTask): void {
    this.task = carry(callback, this.#captures);
  }

  /** True while the core knows the worker. */
  get isLive(): boolean {
    return this.handle !== NO_HANDLE;
  }

  /** Running, executing, paused, as bits of `worker-flags.ts`, and `ACTIVE`. */
  get liveFlags(): number {
    return laneClient().native.timedFlags(this.handle);
  }

  /** Runs since the start. */
  get liveRuns(): number {
    return laneClient().native.timedRuns(this.handle);
  }
}
