/** What the classes of this folder run on threads. */
import { InvalidArgumentError } from '../errors.ts';
import { type CarriedFunction, carry } from '../lane/carried-function.ts';
import { codecMemory } from '../lane/codec-memory.ts';
import { type AnyFunction, ThreadTask } from '../lane/thread-task.ts';
import { decodeValue, encodeOwn, NEEDS_PORT } from '../lane/value-codec.ts';

/** A function that is carried to a thread, a task, or a function with explicit captures. */
export type ThreadFunction<A extends readonly unknown[], R> =
  | ((...args: A) => R)
  | ThreadTask<(...args: A) => R>
  | CapturedFunction<(...args: A) => R>;

/** A function with the values of its captured variables. Made by {@link withCaptures}. */
export class CapturedFunction<F extends AnyFunction = AnyFunction> {
  /** The function that runs on a thread. */
  readonly func: F;
  /** Values of the variables that it uses, by name. */
  readonly captures: Readonly<Record<string, unknown>>;

  /** @internal */
  constructor(func: F, captures: Readonly<Record<string, unknown>>) {
    this.func = func;
    this.captures = captures;
  }
}

/**
 * Says what the variables are that a function uses, so that its closure need not be read: for
 * runtimes without the inspector, and for speed. Taken wherever a class takes a function for a
 * thread and has no option `captures`.
 *
 * @example
 * ```ts
 * import { BgInvoke, withCaptures } from 'backbeat';
 * const factor = 7;
 * const invocation = new BgInvoke(withCaptures((n: number) => n * factor, { factor }), 6);
 * console.log(await invocation.result); // 42
 * ```
 */
export function withCaptures<F extends AnyFunction>(
  func: F,
  captures: Readonly<Record<string, unknown>>,
): CapturedFunction<F> {
  if (typeof func !== 'function') throw new InvalidArgumentError('func', func, 'a function');
  if (typeof captures !== 'object' || captures === null) {
    throw new InvalidArgumentError('captures', captures, 'an object');
  }
  return new CapturedFunction(func, captures);
}

/** Makes a function ready for a thread. Errors as `carry`; `argument` is its name in them. */
export function carryThreadFunction<A extends readonly unknown[], R>(
  func: ThreadFunction<A, R>,
  argument: string,
): CarriedFunction {
  if (func instanceof CapturedFunction) return carry(func.func, func.captures);
  if (typeof func !== 'function' && !(func instanceof ThreadTask)) {
    throw new InvalidArgumentError(argument, func, 'a function or a task');
  }
  return carry(func);
}

/**
 * The arguments of a call as they are now, for one that has to wait.
 *
 * @throws UncloneableError `BACKBEAT_UNCLONEABLE` when one of them cannot go to a thread.
 */
export function argumentsNow(args: readonly unknown[]): readonly unknown[] {
  if (args.every((value) => typeof value !== 'object' || value === null)) {
    encodeOwn(args, 'arguments');
    return args;
  }
  const bytes = encodeOwn(args, 'arguments');
  if (bytes === NEEDS_PORT) return structuredClone(args);
  const memory = codecMemory(bytes.buffer as ArrayBuffer);
  return decodeValue(memory, bytes.byteOffset) as readonly unknown[];
}
