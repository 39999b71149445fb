import type { Transferable } from 'node:worker_threads';

/** A result whose buffers are moved to the caller and not copied, see {@link move}. */
export class Moved<T> {
  readonly value: T;
  readonly transfer: readonly Transferable[];

  constructor(value: T, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
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
