/**
 * Every error of backbeat. Each has a stable `code`; where a value is at fault, `argument` names it
 * and `value` holds it.
 */

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
 * `register()` was called while a registration is in force, or `unregister()` while none is. Code
 * `BACKBEAT_REGISTRATION`.
 */
export class RegistrationError extends BackbeatError {
  constructor(message: string) {
    super('BACKBEAT_REGISTRATION', message);
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
 * `attempts` lists what was tried, in order; `cause` is the loader's own error.
 */
export class BindingLoadError extends BackbeatError {
  /** What was tried, in order. */
  readonly attempts: readonly LoadAttempt[];

  constructor(attempts: readonly LoadAttempt[], advice: readonly string[], cause: unknown) {
    const { platform, arch, version } = process;
    const tried = attempts.map(({ what, why }) => `  - ${what}: ${why}`).join('\n');
    const todo = advice.map((line) => `  - ${line}`).join('\n');
    super(
      'BACKBEAT_BINDING_LOAD',
      `no native binding for ${platform}-${arch}, Node ${version}.\nTried:\n${tried}\nWhat to do:\n${todo}`,
      { cause },
    );
    this.attempts = attempts;
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
