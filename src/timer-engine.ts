/**
 * What a scheduler stands on: the timers of an isolate, its clocks and the native side, opened with
 * the first arming.
 */
import { withoutContext } from './async-context.ts';
import { SchedulerClosedError } from './errors.ts';
import { hostProcess, readWallClock, setImmediateAtLoad } from './host-at-load.ts';
import { IsolateTimers } from './isolate-timers.ts';
import type { ManualClock } from './manual-clock.ts';
import { type NativeIsolate, type NativeManualIsolate, native } from './native.ts';
import { checkLayout, SharedRings } from './shared-memory.ts';
import type { NativeTimers, TimerHost } from './timer-host.ts';
import { throwUncaught } from './uncaught-error.ts';
import { WallTime } from './wall-time.ts';

// Cheaper than performance.now(), and on the same line as the core's clock.
const readClock = hostProcess.hrtime;
/** Taken off each reading, whose nanoseconds are exact then. */
const [secondsAtLoad] = readClock();
const resolved = Promise.resolve();

/** Node's own "run nextTicks and microtasks", which its timers call between two callbacks. */
const drainTicks =
  (hostProcess as unknown as { _tickCallback?: () => void })._tickCallback ?? (() => undefined);

/** Readings of both clocks that are compared when an isolate is opened. */
const ORIGIN_SAMPLES = 16;

/** Counters of the native side and of the callbacks. */
export interface EngineStats {
  /** Entries in the native queue, stale ones included. */
  readonly queued: number;
  /** Entries in the native queue that were cancelled or re-armed since. */
  readonly dead: number;
  /** Callbacks called. */
  readonly fired: number;
  /** Slots of recurring actors skipped, because the tick before was not over. */
  readonly missed: number;
  /** Times this isolate was woken for a batch. */
  readonly wakeups: number;
}

/** See the head of the file. */
export class TimerEngine implements TimerHost {
  readonly clock: ManualClock | undefined;
  #timers: IsolateTimers | undefined;
  #native: NativeTimers | undefined;
  #wallTime: WallTime | undefined;
  #originNs = 0;
  #touched: unknown;
  #touch: (arg: never) => number = () => 0;
  #isClosed = false;
  #isHeld = false;
  #wantsHold = false;
  #isReleaseQueued = false;
  /** A batch is being delivered, or another one has to wait for the next turn of the loop. */
  #hasDispatched = false;
  /** The end of the turn will be told. */
  #isTurnAwaited = false;
  /** Another batch came in the same turn and waits for the next one. */
  #isDispatchOwed = false;

  /**
   * @param clock - Default: the process-wide timer thread.
   */
  constructor(clock?: ManualClock) {
    this.clock = clock;
    clock?.setFollower({ step: (limitNs) => this.#step(limitNs) });
  }

  /**
   * Tells how to read a little of the argument of actors with this callback.
   *
   * @param touch - For arguments of one class only: it is called for each, a little ahead.
   */
  touchArgsOf<A>(callback: (arg: A) => void, touch: (arg: A) => number): void {
    this.#touched = callback;
    this.#touch = touch;
  }

  touchArg(callback: unknown, arg: unknown): number {
    return callback === this.#touched ? this.#touch(arg as never) : 0;
  }

  /** The timers, opened now when this is the first arming. */
  timers(): IsolateTimers {
    return this.#timers ?? this.#open();
  }

  /** The timers when something was armed before. */
  get timersIfOpen(): IsolateTimers | undefined {
    return this.#timers;
  }

  /** Number of armed actors, the own look at the wall clock not counted. */
  get pending(): number {
    const own = this.#wallTime?.isWatching === true ? 1 : 0;
    return this.#timers === undefined ? 0 : this.#timers.pending - own;
  }

  /** The keeper of actors for instants of the wall clock. */
  wallTime(): WallTime {
    this.#wallTime ??= new WallTime(this.timers(), this);
    return this.#wallTime;
  }

  nowNs(): number {
    if (this.clock !== undefined) return this.clock.nowNs;
    if (this.#originNs === 0) this.#originNs = measureOriginNs(native().monotonicNowNs);
    return sinceLoadNs() + this.#originNs;
  }

  /**
   * Now, behind everything that was armed before: arms that wait for their instant in a burst get
   * it first, so that equal delays keep the order of their calls.
   */
  orderedNowNs(): number {
    this.#timers?.stamp();
    return this.nowNs();
  }

  wallNowMs(): number {
    return this.clock === undefined ? readWallClock() : this.clock.wallNow();
  }

  wallDeadlineNs(deadlineNs: number): number {
    return this.#wallTime === undefined ? deadlineNs : this.#wallTime.correctedNs(deadlineNs);
  }

  reportError(error: unknown): void {
    throwUncaught(error);
  }

  /** A manual clock stands still, so there is nothing to save. */
  get mayCollect(): boolean {
    return this.clock === undefined;
  }

  atEndOfTurn(): void {
    resolved.then(() => this.#timers?.endTurn());
  }

  runMicrotasks(): void {
    try {
      drainTicks();
    } catch (error) {
      // Thrown by a nextTick. Node runs those that are left in its own time.
      this.reportError(error);
    }
  }

  /**
   * Holds the process at once, lets it go at the end of the turn: a program that arms and cancels
   * in one turn then pays for neither.
   */
  setHold(isHeld: boolean): void {
    this.#wantsHold = isHeld;
    if (this.clock !== undefined) return;
    if (isHeld) this.#applyHold();
    else if (!this.#isReleaseQueued) {
      this.#isReleaseQueued = true;
      resolved.then(() => {
        this.#isReleaseQueued = false;
        this.#applyHold();
      });
    }
  }

  stats(): EngineStats {
    this.#timers?.tellAll();
    const counters = this.#native?.stats();
    return {
      queued: counters?.queued ?? 0,
      dead: counters?.dead ?? 0,
      fired: this.#timers?.fired ?? 0,
      missed: this.#timers?.ticks.missed ?? 0,
      wakeups: counters?.wakeups ?? 0,
    };
  }

  close(): void {
    // The clock may follow another scheduler by now.
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timers?.clear();
    this.#native?.close();
    this.#timers = undefined;
    this.#native = undefined;
    this.clock?.setFollower(undefined);
  }

  #open(): IsolateTimers {
    if (this.#isClosed) throw new SchedulerClosedError();
    const binding = native();
    checkLayout(binding);
    const rings = new SharedRings();
    if (this.clock === undefined) {
      // The first to arm something must not lend its context to everybody's callbacks.
      const dispatch = () => withoutContext(() => this.#dispatch());
      this.#native = withoutContext(() => new binding.NativeIsolate(rings.buffer, dispatch));
    } else {
      this.#native = new binding.NativeManualIsolate(rings.buffer) as unknown as NativeTimers;
    }
    this.#timers = new IsolateTimers(this.#native, rings, this);
    return this.#timers;
  }

  /**
   * One batch in a turn of the loop. Node's thread-safe functions run again at once when they are
   * called while they run, up to a thousand times, and callbacks that block for longer than the
   * intervals are would keep the loop from its immediates and its sockets.
   */
  #dispatch(): void {
    if (this.#hasDispatched) {
      this.#isDispatchOwed = true;
      this.#awaitTurn();
      return;
    }
    this.#hasDispatched = true;
    try {
      (this.#native as NativeIsolate | undefined)?.awaitDeadline();
      if (this.#timers?.dispatch() === true) this.#isDispatchOwed = true;
    } finally {
      // Only then the function is called again in the same turn. An immediate for each batch would
      // be a good part of what a wake-up costs.
      if (this.#isDispatchOwed || this.#timers?.hasNewDue === true) this.#awaitTurn();
      else if (!this.#isTurnAwaited) this.#hasDispatched = false;
    }
  }

  #awaitTurn(): void {
    if (this.#isTurnAwaited) return;
    this.#isTurnAwaited = true;
    setImmediateAtLoad(this.#endDispatch).unref();
  }

  readonly #endDispatch = (): void => {
    this.#isTurnAwaited = false;
    this.#hasDispatched = false;
    if (!this.#isDispatchOwed) return;
    this.#isDispatchOwed = false;
    (this.#native as NativeIsolate | undefined)?.dispatchAgain();
  };

  #step(limitNs: number): boolean {
    const manual = this.#native as NativeManualIsolate | undefined;
    if (manual === undefined || !manual.advance(limitNs)) return false;
    this.clock?.showNs(manual.nowNs());
    while (this.#timers?.dispatch() === true);
    return true;
  }

  #applyHold(): void {
    if (this.#isHeld === this.#wantsHold) return;
    this.#isHeld = this.#wantsHold;
    (this.#native as NativeIsolate | undefined)?.setRef(this.#isHeld);
  }
}

function sinceLoadNs(): number {
  const reading = readClock();
  return (reading[0] - secondsAtLoad) * 1e9 + reading[1];
}

/**
 * What to add to {@link sinceLoadNs} to be on the core's time line. The core was
 * read between two readings of ours, so the truth lies between two bounds. The upper one is taken,
 * of the closest samples: then nothing is ever early, and late by well under a microsecond.
 */
function measureOriginNs(readCoreNs: () => number): number {
  let originNs = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < ORIGIN_SAMPLES; sample++) {
    const beforeNs = sinceLoadNs();
    originNs = Math.min(originNs, readCoreNs() - beforeNs);
  }
  return originNs;
}
