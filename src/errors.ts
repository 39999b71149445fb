/**
 * Every error of backbeat. Each has a stable `code`; where a value is at fault, `argument` names it
 * and `value` holds it.
 */

import type { HostPlatform } from './host-platform.ts';

/** Base class of all errors thrown by backbeat. */
export class BackbeatError extends Error {
  /** Stable identifier, `BACKBEAT_…`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/**
 * An argument is of the wrong type or out of range. Thrown at the call, never later.
 *
 * @example
 * ```ts
 * import { after } from 'backbeat/scheduler';
 * try {
 *   after(Number.NaN, () => {});
 * } catch (error) {
 *   console.log(error.code, error.argument); // BACKBEAT_INVALID_ARGUMENT delayMs
 * }
 * ```
 */
export class InvalidArgumentError extends BackbeatError {
  /** Name of the argument at fault. */
  readonly argument: string;
  /** The value that was given. */
  readonly value: unknown;

  constructor(argument: string, value: unknown, expectation: string) {
    super(
      'BACKBEAT_INVALID_ARGUMENT',
      `${argument} must be ${expectation}, got ${describeValue(value)}`,
    );
    this.argument = argument;
    this.value = value;
  }
}

/** The scheduler was closed; nothing can be armed on it any more. Code `BACKBEAT_CLOSED`. */
export class SchedulerClosedError extends BackbeatError {
  constructor() {
    super('BACKBEAT_CLOSED', 'the scheduler is closed; make a new one to arm more actors');
  }
}

/** A class with static members only was constructed. Code `BACKBEAT_STATIC_CLASS`. */
export class StaticClassError extends BackbeatError {
  constructor(className: string) {
    super(
      'BACKBEAT_STATIC_CLASS',
      `${className} has static members only; call them on the class itself`,
    );
  }
}

/**
 * The pool cannot change its clock while workers are running. Code `BACKBEAT_CLOCK_IN_USE`.
 */
export class ClockInUseError extends BackbeatError {
  constructor(runningWorkers: number) {
    super(
      'BACKBEAT_CLOCK_IN_USE',
      `the clock cannot be changed while ${runningWorkers} workers run; stop them first`,
    );
  }
}

/**
 * The thread that ran a job has ended before the job did: it crashed, ran out of memory, or was ended
 * because another job on it did not heed its stop. Code `BACKBEAT_THREAD_LOST`.
 */
export class ThreadLostError extends BackbeatError {
  /** Name of the job's function. */
  readonly task: string;

  constructor(task: string, cause?: unknown) {
    const message = `the thread that ran ${task} has ended before it; the job may have had effects`;
    super('BACKBEAT_THREAD_LOST', message, cause === undefined ? undefined : { cause });
    this.task = task;
  }
}

/** A native thread could not be started. Code `BACKBEAT_THREAD_START`; `cause` says why, if known. */
export class ThreadStartError extends BackbeatError {
  /** Exit code of the thread. */
  readonly exitCode: number;

  constructor(exitCode: number, cause: unknown) {
    super(
      'BACKBEAT_THREAD_START',
      `a thread ended with code ${exitCode} before it could run a job; look at its initializer and resource limits`,
      cause === undefined ? undefined : { cause },
    );
    this.exitCode = exitCode;
  }
}

/**
 * A job was stopped: by `stop()`, by its signal, or by its time-out. Code `BACKBEAT_JOB_STOPPED`;
 * `cause` is the reason of the signal, if there was one.
 */
export class JobStoppedError extends BackbeatError {
  /** True when the job had started. */
  readonly wasRunning: boolean;

  constructor(task: string, wasRunning: boolean, why: string, cause?: unknown) {
    const when = wasRunning ? 'while it was running' : 'before it started';
    const options = cause === undefined ? undefined : { cause };
    super('BACKBEAT_JOB_STOPPED', `${task} was stopped ${when}: ${why}`, options);
    this.wasRunning = wasRunning;
  }
}

/**
 * `register()` was called while a registration is in force, or `unregister()` while none is. Code
 * `BACKBEAT_REGISTRATION`.
 */
export class RegistrationError extends BackbeatError {
  constructor(message: string) {
    super('BACKBEAT_REGISTRATION', message);
  }
}

/**
 * Something that runs functions on threads was closed, or was never set up. Code
 * `BACKBEAT_THREADS_CLOSED`.
 */
export class ThreadsClosedError extends BackbeatError {
  constructor(what: string, advice: string) {
    super('BACKBEAT_THREADS_CLOSED', `${what}; ${advice}`);
  }
}

/** A blocking call would wait for ever. Code `BACKBEAT_DEADLOCK`. */
export class DeadlockError extends BackbeatError {
  constructor(call: string, why: string) {
    super('BACKBEAT_DEADLOCK', `${call} would block for ever: ${why}`);
  }
}

/** One thing that was tried when the native binding was loaded. */
export interface LoadAttempt {
  /** File or package that was asked for, when the loader named it. */
  readonly what: string;
  /** Why it did not work. */
  readonly why: string;
}

/**
 * The native binding could not be loaded. Code `BACKBEAT_BINDING_LOAD`.
 *
 * `host` is what was to be served, `attempts` lists what was tried, in order, `advice` what to do about
 * it; the message holds all three. `cause` is the loader's own error.
 *
 * @example
 * ```ts
 * import { after } from 'backbeat/scheduler';
 * import { BindingLoadError } from 'backbeat';
 * try {
 *   after('1s', () => console.log('due'));
 * } catch (error) {
 *   if (error instanceof BindingLoadError) console.log(error.host.libc, error.attempts);
 *   throw error;
 * }
 * ```
 */
export class BindingLoadError extends BackbeatError {
  /** Platform, processor, C library and runtime of the process. */
  readonly host: HostPlatform;
  /** What was tried, in order. */
  readonly attempts: readonly LoadAttempt[];
  /** What to do, the likeliest first. */
  readonly advice: readonly string[];

  constructor(
    host: HostPlatform,
    attempts: readonly LoadAttempt[],
    advice: readonly string[],
    cause: unknown,
  ) {
    const { platform, arch, libc, runtime } = host;
    const system = `${platform}-${arch}${libc === undefined ? '' : ` (${libc})`}`;
    const tried = attempts.map(({ what, why }) => `  - ${what}: ${why}`).join('\n');
    const todo = advice.map((line) => `  - ${line}`).join('\n');
    super(
      'BACKBEAT_BINDING_LOAD',
      `no native binding for ${system}, ${runtime}.\nTried:\n${tried}\nWhat to do:\n${todo}`,
      { cause },
    );
    this.host = host;
    this.attempts = attempts;
    this.advice = advice;
  }
}

/** The native binding is of another version than the package. Code `BACKBEAT_BINDING_VERSION`. */
export class BindingVersionError extends BackbeatError {
  constructor(expected: string, found: string) {
    super(
      'BACKBEAT_BINDING_VERSION',
      `the native binding is of version ${found}, the package of ${expected}; install backbeat again so that both are of one version`,
    );
  }
}

/**
 * A function cannot be carried to a thread. Thrown by the call that was given the function, before
 * anything runs. Code `BACKBEAT_CAPTURE`.
 *
 * @example
 * ```ts
 * import { Socket } from 'node:net';
 * import { BackgroundWorkerPool, type CaptureError } from 'backbeat';
 * const conn = { socket: new Socket() };
 * try {
 *   BackgroundWorkerPool.runJob(() => conn.socket.end());
 * } catch (error) {
 *   const { variable, path } = error as CaptureError;
 *   console.log(variable, path); // conn conn.socket
 * }
 * ```
 */
export class CaptureError extends BackbeatError {
  /** The captured variable at fault; `this`, `arguments` … where no variable is. */
  readonly variable: string;
  /** Where below the variable the fault lies, starting with its name. */
  readonly path: string;
  /** Why it cannot be carried. */
  readonly reason: string;

  constructor(functionName: string, path: readonly string[], reason: string, advice: string) {
    const [variable = functionName] = path;
    const where = path.length > 0 ? path.join('') : functionName;
    super(
      'BACKBEAT_CAPTURE',
      `${functionName} cannot go to a thread: ${where}: ${reason}; ${advice}`,
    );
    this.variable = variable;
    this.path = where;
    this.reason = reason;
  }
}

/** A module or export that a thread needs could not be had there. Code `BACKBEAT_TASK_IMPORT`. */
export class TaskImportError extends BackbeatError {
  /** The module that was asked for. */
  readonly module: string;

  constructor(module: string, message: string, options?: ErrorOptions) {
    super('BACKBEAT_TASK_IMPORT', message, options);
    this.module = module;
  }
}

/** The value as it appears in an error message: short, and never executed. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 60 ? `${JSON.stringify(value.slice(0, 57))}…` : JSON.stringify(value);
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : 'an object';
    case 'bigint':
      return `${value}n`;
    default:
      return String(value);
  }
}
