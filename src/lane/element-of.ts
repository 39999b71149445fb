/**
 * Where arrays of all kinds are indexed at one place in the code.
 *
 * V8 keeps numbers with fractions unboxed as long as an array holds nothing else. Where compiled code
 * meets such arrays and others at one place, it turns the former into the latter first: an object in
 * the heap for each number, in the caller's own array. It does not at a place that has met more kinds
 * than it cares to tell apart, so this one is shown some before the first use.
 */
const KINDS: readonly ArrayLike<unknown>[] = [
  [1],
  [1.5],
  ['text'],
  // biome-ignore lint/suspicious/noSparseArray: one of the kinds
  [1, , 2],
  // biome-ignore lint/suspicious/noSparseArray: one of the kinds
  [1.5, , 2],
  // biome-ignore lint/suspicious/noSparseArray: one of the kinds
  ['text', , 2],
  new Int32Array(1),
  new Float64Array(1),
];
/** V8 takes no notes of the first hundred or so calls of a function. */
const SHOWINGS = 400;

let isPrepared = false;

/** An element of an array that may be of any kind. */
export function elementOf(array: ArrayLike<unknown>, index: number): unknown {
  if (!isPrepared) prepare();
  return array[index];
}

function prepare(): void {
  isPrepared = true;
  for (let showing = 0; showing < SHOWINGS; showing++) {
    elementOf(KINDS[showing % KINDS.length] as ArrayLike<unknown>, 0);
  }
}
