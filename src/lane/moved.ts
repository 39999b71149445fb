import type { Transferable } from 'node:worker_threads';

/** Tells such a result, also one that was made by another copy of this module. */
const BRAND = Symbol.for('backbeat.moved');

/** A result whose buffers are moved to the caller and not copied, see {@link move}. */
export class Moved<T> {
  readonly value: T;
  readonly transfer: readonly Transferable[];

  constructor(value: T, transfer: readonly Transferable[]) {
    Object.defineProperty(this, BRAND, { value: true });
    this.value = value;
    this.transfer = transfer;
  }
}

/** Whether a value was made by {@link move}. */
export function isMoved(value: unknown): value is Moved<unknown> {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/**
 * Returned by a function that runs on a thread: moves buffers to the caller instead of copying them.
 *
 * @param value - The result.
 * @param transfer - ArrayBuffers and other transferable objects inside it.
 *
 * @example
 * ```ts
 * import { BackgroundWorkerPool, move } from 'backbeat';
 * const job = BackgroundWorkerPool.runJob(() => {
 *   const pixels = new Uint8Array(1 << 20);
 *   return move(pixels, [pixels.buffer]);
 * });
 * console.log((await job.result).length); // 1048576
 * ```
 */
export function move<T>(value: T, transfer: readonly Transferable[]): T {
  return new Moved(value, transfer) as unknown as T;
}
