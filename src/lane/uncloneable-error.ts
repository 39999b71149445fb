import { BackbeatError } from '../errors.ts';

/** Where in a value the part is that no other thread can have, and why. */
export interface Refusal {
  /** From the value on, such as `.items[3].socket`; empty for the value itself. */
  readonly path: string;
  /** What stands there, such as `a Socket holds a native handle`. */
  readonly reason: string;
}

/**
 * A value cannot be given to another thread. Code `BACKBEAT_UNCLONEABLE`.
 *
 * `path` leads to the part at fault.
 */
export class UncloneableError extends BackbeatError {
  /** Such as `result.items[3].socket`. */
  readonly path: string;
  /** What stands there, such as `a Socket holds a native handle`. */
  readonly reason: string;

  constructor(name: string, refusal: Refusal, cause?: unknown) {
    const path = name + refusal.path;
    super(
      'BACKBEAT_UNCLONEABLE',
      `${path}: ${refusal.reason}; it cannot be given to another thread`,
      cause === undefined ? undefined : { cause },
    );
    this.path = path;
    this.reason = refusal.reason;
  }
}
