/** Errors of channels. */
import { BackbeatError } from '../errors.ts';

/** Nobody receives any more, or this end was closed. Code `BACKBEAT_CHANNEL_CLOSED`. */
export class ChannelClosedError extends BackbeatError {
  constructor(name: string, why: string) {
    super('BACKBEAT_CHANNEL_CLOSED', `the channel ${name} is closed: ${why}`);
  }
}

/**
 * The isolate that sent has ended, or dropped its end, without closing it. What it had sent was
 * received before. Code `BACKBEAT_CHANNEL_SENDER_LOST`.
 */
export class SenderLostError extends BackbeatError {
  constructor(name: string) {
    super(
      'BACKBEAT_CHANNEL_SENDER_LOST',
      `the sender of the channel ${name} went away without closing it; items may be missing`,
    );
  }
}

/**
 * The isolate that received has ended, or dropped its end, without closing it. Items that it had
 * not taken are lost. Code `BACKBEAT_CHANNEL_RECEIVER_LOST`.
 */
export class ReceiverLostError extends BackbeatError {
  constructor(name: string) {
    super(
      'BACKBEAT_CHANNEL_RECEIVER_LOST',
      `the receiver of the channel ${name} went away without closing it; unreceived items are lost`,
    );
  }
}

/**
 * The end was handed over with `handle()`, or a handle was opened twice. Code
 * `BACKBEAT_CHANNEL_END_MOVED`.
 */
export class ChannelEndMovedError extends BackbeatError {
  constructor(name: string) {
    super(
      'BACKBEAT_CHANNEL_END_MOVED',
      `this end of the channel ${name} was handed over; use it where its handle was opened`,
    );
  }
}

/**
 * Blocking would wait for an end on the same thread, for ever. Code `BACKBEAT_CHANNEL_DEADLOCK`.
 */
export class ChannelDeadlockError extends BackbeatError {
  constructor(name: string, method: string, instead: string) {
    super(
      'BACKBEAT_CHANNEL_DEADLOCK',
      `${method} would block for ever: both ends of the channel ${name} are on this thread; use ${instead}`,
    );
  }
}

/** A blocking call waited for as long as it was allowed to. Code `BACKBEAT_CHANNEL_TIMEOUT`. */
export class ChannelTimeoutError extends BackbeatError {
  constructor(name: string, timeoutMs: number) {
    super('BACKBEAT_CHANNEL_TIMEOUT', `nothing happened on the channel ${name} in ${timeoutMs} ms`);
  }
}
