/**
 * The object that `setTimeout` and `setInterval` return, with every property of Node's that programs
 * look at.
 *
 * A Timeout is an AsyncResource: Node then gives it its async ids, its AsyncLocalStorage context and
 * the events of async_hooks, with the Timeout itself as the resource, as with its own timers. The
 * methods of AsyncResource are not on its prototype.
 *
 * While it is pending it has a slot of the isolate's timers, whose argument it is. Each arming reads
 * the clock: a burst that shares a reading would move a timer behind one that was set later, if the
 * program blocks in between, and with Node's timers that never happens. The core is told of many
 * together; see `arm-holding.ts`.
 */
import { AsyncResource } from 'node:async_hooks';
import { inspect } from 'node:util';
import type { IsolateTimers } from '../isolate-timers.ts';
import { TimerEngine } from '../timer-engine.ts';
import { META_UNREF } from '../timer-host.ts';
import { keepAsPattern, keepIdsSmall } from './small-ids.ts';

/** Pending timers hold the process. */
export const REFED = 1;
/** The delay counts as it is, with fractions of a millisecond. */
export const EXACT = 2;
/** Will not run again: it ran, or was cleared. */
const DESTROYED = 4;
/** Is known by its number. */
const NUMBERED = 8;
/** `_args` is the one argument and no array. */
export const ONE_ARG = 16;

const NO_SLOT = -1;
const NS_PER_MS = 1e6;
/** Written into `_idleTimeout` by a clear: such a timer is never armed again. */
const CLEARED_MS = -1;
const MANUAL_DESTROY = { requireManualDestroy: true };
const { emitDestroy, asyncId, triggerAsyncId } = AsyncResource.prototype;
const runInAsyncScope: (action: (this: Timeout) => void, timeout: Timeout) => void =
  AsyncResource.prototype.runInAsyncScope;

let opened: TimerEngine | undefined;
const timeoutsByNumber = new Map<number, Timeout>();

/** What a timer calls. */
export type TimeoutCallback = (this: Timeout, ...args: unknown[]) => unknown;

/** See the head of the file. */
export class Timeout extends AsyncResource {
  static {
    Object.setPrototypeOf(Timeout.prototype, Object.prototype);
  }

  /** Milliseconds, as coerced; -1 once cleared. */
  _idleTimeout: number;
  _onTimeout: TimeoutCallback | null;
  /** @internal Arguments of the callback. One alone is kept without an array around it. */
  _args: unknown;
  /** Milliseconds between two runs, or null. */
  _repeat: number | null;
  /** @internal */
  _slot: number = NO_SLOT;
  /** @internal The bits above. */
  _flags: number;

  /**
   * Makes a timer that is not armed yet. `delayMs` is coerced already. `args` is an array, undefined
   * or, with the flag {@link ONE_ARG}, the argument.
   */
  constructor(
    callback: TimeoutCallback,
    delayMs: number,
    args: unknown,
    isRepeat: boolean,
    flags: number,
  ) {
    super('Timeout', MANUAL_DESTROY);
    this._idleTimeout = delayMs;
    this._onTimeout = callback;
    this._args = args;
    this._repeat = isRepeat ? delayMs : null;
    this._flags = flags;
    keepIdsSmall(this);
  }

  /** Starts again from now, with the same delay. A timer that has run runs once more. */
  refresh(): this {
    armFromNow(this);
    return this;
  }

  /** Lets the process end although this timer is pending. */
  unref(): this {
    setRef(this, false);
    return this;
  }

  /** Holds the process while this timer is pending, which is the default. */
  ref(): this {
    setRef(this, true);
    return this;
  }

  /** True when this timer holds the process while it is pending. */
  hasRef(): boolean {
    return (this._flags & REFED) !== 0;
  }

  /** The same as `clearTimeout`. */
  close(): this {
    clear(this);
    return this;
  }

  /** A number that `clearTimeout` and `clearInterval` take in place of this object. */
  [Symbol.toPrimitive](): number {
    const number = asyncId.call(this);
    if ((this._flags & (NUMBERED | DESTROYED)) === 0) {
      this._flags |= NUMBERED;
      timeoutsByNumber.set(number, this);
    }
    return number;
  }

  /** The same as `clearTimeout`. */
  [Symbol.dispose](): void {
    clear(this);
  }

  get _destroyed(): boolean {
    return (this._flags & DESTROYED) !== 0;
  }

  get _timerArgs(): unknown[] | undefined {
    if ((this._flags & ONE_ARG) !== 0) return [this._args];
    return this._args as unknown[] | undefined;
  }

  set _timerArgs(args: unknown[] | undefined) {
    this._args = args;
    this._flags &= ~ONE_ARG;
  }

  /** Node's own `clearTimeout` writes this when it gets a timer of ours. */
  set _destroyed(isDestroyed: boolean) {
    if (isDestroyed) destroy(this);
    else this._flags &= ~DESTROYED;
  }

  /** Milliseconds since the start of the process at which the delay began; null when not pending. */
  get _idleStart(): number | null {
    if (this._slot === NO_SLOT) return null;
    const leftNs = engine().timers().deadlineNs(this._slot) - engine().nowNs();
    return Math.floor(performance.now() + leftNs / NS_PER_MS - this._idleTimeout);
  }

  set _idleStart(startMs: number | null) {
    if (startMs === null || this._slot === NO_SLOT) return;
    const leftMs = startMs + this._idleTimeout - performance.now();
    engine()
      .timers()
      .rearm(this._slot, engine().nowNs() + leftMs * NS_PER_MS);
  }

  // Node links its timers by these two, and unlinks even timers of ours.
  get _idlePrev(): TimersList | null {
    return this._slot === NO_SLOT ? null : new TimersList(this._idleTimeout);
  }

  set _idlePrev(_neighbour: unknown) {}

  get _idleNext(): TimersList | null {
    return this._slot === NO_SLOT ? null : new TimersList(this._idleTimeout);
  }

  set _idleNext(_neighbour: unknown) {}
}

Object.defineProperty(Timeout.prototype, inspect.custom, {
  value(this: Timeout, _depth: number, options: object): string {
    return inspect(describe(this), { ...options, depth: 0, customInspect: false });
  },
  writable: true,
  configurable: true,
});

/** Stands in the place of Node's list of timers with the same delay. */
class TimersList {
  readonly msecs: number;

  constructor(delayMs: number) {
    this.msecs = Math.trunc(delayMs);
  }
}

// A bundler may have given the class another name; programs look at it.
Object.defineProperty(Timeout, 'name', { value: 'Timeout' });

keepAsPattern(new Timeout(() => undefined, 1, undefined, false, 0));

/** Made for the first timer. */
function engine(): TimerEngine {
  if (opened === undefined) {
    opened = new TimerEngine();
    opened.touchArgsOf(fire, (timeout) => timeout._flags);
  }
  return opened;
}

/** Arms a timer, or moves one that is pending, to its delay from now. */
export function armFromNow(timeout: Timeout): void {
  const delayMs = timeout._idleTimeout;
  if (delayMs < 0 || delayMs === undefined) return;
  if ((timeout._flags & DESTROYED) !== 0) revive(timeout);
  // Opened before the clock is read: that takes milliseconds, and would pass over the first delay.
  const timers = engine().timers();
  armFrom(timers, timeout, engine().nowNs(), delayNsOf(timeout, delayMs));
}

/** Clears a timer: its callback will not be called again. */
export function clear(timeout: Timeout): void {
  timeout._onTimeout = null;
  if ((timeout._flags & DESTROYED) !== 0) return;
  destroy(timeout);
  timeout._idleTimeout = CLEARED_MS;
}

/** The pending timer that was turned into this number. */
export function timeoutOfNumber(number: number): Timeout | undefined {
  return timeoutsByNumber.get(number);
}

function delayNsOf(timeout: Timeout, delayMs: number): number {
  return ((timeout._flags & EXACT) !== 0 ? delayMs : Math.trunc(delayMs)) * NS_PER_MS;
}

function armFrom(timers: IsolateTimers, timeout: Timeout, nowNs: number, delayNs: number): void {
  if (timeout._slot !== NO_SLOT) timers.rearm(timeout._slot, nowNs + delayNs);
  else {
    const flags = (timeout._flags & REFED) !== 0 ? 0 : META_UNREF;
    timeout._slot = timers.armFrom(nowNs, delayNs, fire, timeout, flags);
  }
}

/** Called by the isolate's timers, which have released the slot. */
function fire(timeout: Timeout): void {
  timeout._slot = NO_SLOT;
  if (!timeout._onTimeout) {
    destroy(timeout);
    return;
  }
  // An interval counts from the start of the callback.
  const startNs = timeout._repeat ? engine().nowNs() : 0;
  runInAsyncScope.call(timeout, callBack, timeout);
  const repeatMs = timeout._repeat;
  if (repeatMs && timeout._idleTimeout !== CLEARED_MS) {
    timeout._idleTimeout = repeatMs;
    armFrom(engine().timers(), timeout, startNs || engine().nowNs(), delayNsOf(timeout, repeatMs));
  } else if (timeout._slot === NO_SLOT) destroy(timeout);
}

/** The error is reported inside the timer's async scope: a domain is still entered then. */
function callBack(this: Timeout): void {
  try {
    const args = this._args;
    if ((this._flags & ONE_ARG) !== 0) this._onTimeout?.(args);
    else if (args === undefined) this._onTimeout?.();
    else this._onTimeout?.(...(args as unknown[]));
  } catch (error) {
    engine().reportError(error);
  }
}

function destroy(timeout: Timeout): void {
  const flags = timeout._flags;
  if ((flags & DESTROYED) !== 0) return;
  timeout._flags = (flags | DESTROYED) & ~NUMBERED;
  if (timeout._slot !== NO_SLOT) {
    engine().timers().cancel(timeout._slot);
    timeout._slot = NO_SLOT;
  }
  if ((flags & NUMBERED) !== 0) timeoutsByNumber.delete(asyncId.call(timeout));
  emitDestroy.call(timeout);
}

/** A timer that is armed again after its end is a new async resource, in the caller's context. */
function revive(timeout: Timeout): void {
  timeout._flags &= ~DESTROYED;
  const fresh: object = Reflect.construct(AsyncResource, ['Timeout', MANUAL_DESTROY], Timeout);
  for (const symbol of Object.getOwnPropertySymbols(fresh)) {
    Reflect.set(timeout, symbol, Reflect.get(fresh, symbol));
  }
}

function setRef(timeout: Timeout, isRef: boolean): void {
  timeout._flags = isRef ? timeout._flags | REFED : timeout._flags & ~REFED;
  if (timeout._slot !== NO_SLOT) engine().timers().setRef(timeout._slot, isRef);
}

/** What `inspect` shows: the fields of Node's Timeout, in its order. */
function describe(timeout: Timeout): object {
  const fields: [PropertyKey, unknown][] = [
    ['_idleTimeout', timeout._idleTimeout],
    ['_idlePrev', timeout._idlePrev],
    ['_idleNext', timeout._idleNext],
    ['_idleStart', timeout._idleStart],
    ['_onTimeout', timeout._onTimeout],
    ['_timerArgs', timeout._timerArgs],
    ['_repeat', timeout._repeat],
    ['_destroyed', timeout._destroyed],
    [Symbol('refed'), timeout.hasRef()],
    [Symbol('kHasPrimitive'), (timeout._flags & NUMBERED) !== 0],
    [Symbol('asyncId'), asyncId.call(timeout)],
    [Symbol('triggerId'), triggerAsyncId.call(timeout)],
  ];
  // The two ids are shown by Node's names; what is left is the context.
  for (const symbol of Object.getOwnPropertySymbols(timeout)) {
    const value: unknown = Reflect.get(timeout, symbol);
    if (typeof value !== 'number') fields.push([symbol, value]);
  }
  const described = Object.create(Timeout.prototype) as object;
  for (const [key, value] of fields) {
    const field = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(described, key, field);
  }
  return described;
}
