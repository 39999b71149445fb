import { inspect } from 'node:util';
import { BackbeatError } from '../errors.ts';
import type { CallSite } from '../lane/call-site.ts';
import { registerErrorClass } from '../lane/error-names.ts';

/** A job of a fan-out that failed. */
export interface JobFailure {
  /** Id of the job, from 0. */
  readonly jobId: number;
  /** What it threw. */
  readonly error: unknown;
}

/** What else a {@link BgException} tells. */
export interface BgExceptionDetails {
  /** All jobs that failed, the lowest id first. */
  readonly failures?: readonly JobFailure[] | undefined;
  /** Where the work was asked for: its stack replaces that of the exception. */
  readonly caller?: CallSite | undefined;
}

/**
 * What a function threw on its thread, as the caller gets it. Code `BACKBEAT_BG_EXCEPTION`.
 *
 * The message holds the given text and then, in braces and indented, the original error with the
 * stack of the thread. The original itself is `cause`, and `excInfo`.
 *
 * @example
 * ```ts
 * import { BgException, BgInvoke } from 'backbeat';
 * const invocation = new BgInvoke(() => JSON.parse('{'));
 * await invocation.result.catch((error) => {
 *   console.log(error instanceof BgException, error.excInfo.name); // true SyntaxError
 * });
 * ```
 */
export class BgException extends BackbeatError {
  /** Id of the job, when one of several failed: the lowest. */
  declare readonly jobId?: number;
  /** Ids of all jobs that failed until everything had stopped, the lowest first. */
  declare readonly jobIds?: readonly number[];
  /** What they threw, in the same order. */
  declare readonly errors?: readonly unknown[];

  /**
   * @param message - What happened.
   * @param excInfo - What was thrown; it becomes `cause`.
   */
  constructor(message: string, excInfo: unknown, details: BgExceptionDetails = {}) {
    const text = `${message}\n{\n${indented(textOfThrown(excInfo))}\n}`;
    super('BACKBEAT_BG_EXCEPTION', text, { cause: excInfo });
    const { failures = [], caller } = details;
    // Own properties without private state: they cross threads.
    if (failures.length > 0) {
      const jobIds = failures.map(({ jobId }) => jobId);
      Object.assign(this, { jobId: jobIds[0], jobIds });
      const errors = failures.map(({ error }) => error);
      Object.defineProperty(this, 'errors', { value: errors, configurable: true, writable: true });
    }
    if (caller?.stack !== undefined) this.stack = `${this.name}: ${text}\n${caller.stack}`;
  }

  /** What the function threw; the same as `cause`. */
  get excInfo(): unknown {
    return this.cause;
  }
}

registerErrorClass(BgException, 'backbeat BgException');

/** The stack above `callee`, without the line that names an error. */
export function callSite(callee: (...args: never[]) => unknown): CallSite {
  const site: { stack?: string } = {};
  Error.captureStackTrace(site, callee);
  return {
    get stack(): string {
      const { stack = '' } = site;
      return stack.slice(stack.indexOf('\n') + 1);
    },
  };
}

/** Something thrown, with its stack when it has one. Never throws. */
export function textOfThrown(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return inspect(thrown, { customInspect: false });
    const { name, message, stack = '' } = thrown;
    const head = message === '' ? name : `${name}: ${message}`;
    return stack.includes(message) && stack !== '' ? stack : `${head}\n${stack}`.trimEnd();
  } catch {
    return 'an error that cannot be shown';
  }
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : `  ${line}`))
    .join('\n');
}
