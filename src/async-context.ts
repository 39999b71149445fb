import { AsyncResource } from 'node:async_hooks';

/**
 * The asynchronous context (AsyncLocalStorage) of the caller, or undefined when it is empty, which
 * it nearly always is: a resource kept for each of millions of actors would cost more than the
 * actors.
 *
 * Node has no question "is there a context?". But a resource made now carries the context under
 * symbols of its own, next to two numbers (its async ids); so a value that is neither a number nor
 * undefined is a context.
 */
export function captureContext(): AsyncResource | undefined {
  const resource = new AsyncResource('backbeat', { requireManualDestroy: true });
  const fields = resource as unknown as Readonly<Record<symbol, unknown>>;
  for (const symbol of Object.getOwnPropertySymbols(resource)) {
    const value = fields[symbol];
    if (value !== undefined && typeof value !== 'number') return resource;
  }
  return undefined;
}
