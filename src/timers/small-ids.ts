/**
 * The two ids of an async resource, without a box for each.
 *
 * Node reads them out of an array of doubles, and once one has come as a double, V8 keeps those of
 * all resources of the class as numbers on the heap: 32 of 120 bytes of a pending timer, and two
 * more misses of the caches when it fires. A field that also holds something else than a number
 * takes a small integer as it is; so one resource with such fields is kept, and the ids of the
 * others are written back as integers.
 */
import { AsyncResource } from 'node:async_hooks';

/** Larger integers are boxed anyway. */
const LARGEST_SMALL_INTEGER = 2 ** 31 - 1;

const [asyncIdField, triggerIdField] = findIdFields();
/** Kept, because V8 forgets the shape of a field with the last resource that has it. */
const patterns: object[] = [];

/** Writes the ids of a new resource back as integers. Their values stay as they are. */
export function keepIdsSmall(resource: object): void {
  if (asyncIdField === undefined || triggerIdField === undefined) return;
  const fields = resource as Record<symbol, number>;
  const asyncId = fields[asyncIdField] as number;
  // What triggered a resource is older and has the smaller number.
  if (!(asyncId <= LARGEST_SMALL_INTEGER)) return;
  fields[asyncIdField] = asyncId | 0;
  fields[triggerIdField] = (fields[triggerIdField] as number) | 0;
}

/** Spends a resource as the one whose ids are no numbers. */
export function keepAsPattern(resource: object): void {
  for (const field of findIdFields()) Reflect.set(resource, field, undefined);
  patterns.push(resource);
}

function findIdFields(): symbol[] {
  const resource = new AsyncResource('Timeout', { requireManualDestroy: true });
  if (typeof resource.triggerAsyncId !== 'function') return []; // Deno has no such ids
  const ids = [resource.asyncId(), resource.triggerAsyncId()];
  const fields = Object.getOwnPropertySymbols(resource).filter(
    (symbol) => typeof Reflect.get(resource, symbol) === 'number',
  );
  const isAsExpected =
    fields.length === 2 && fields.every((field, at) => Reflect.get(resource, field) === ids[at]);
  return isAsExpected ? fields : [];
}
