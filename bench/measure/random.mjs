/** Seeded random numbers: every peer of a round gets exactly the same input. */

/** mulberry32: small, fast, good enough to spread delays. Returns a function that gives [0, 1). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` whole milliseconds, uniform over `fromMs..toMs`, both included. */
export function uniformDelays(seed, count, fromMs, toMs) {
  const random = seededRandom(seed);
  const delaysMs = new Int32Array(count);
  const span = toMs - fromMs + 1;
  for (let index = 0; index < count; index++) {
    delaysMs[index] = fromMs + Math.floor(random() * span);
  }
  return delaysMs;
}

/** `count` whole numbers, uniform over `0..below - 1`. */
export function uniformIndexes(seed, count, below) {
  return uniformDelays(seed, count, 0, below - 1);
}

/** The numbers `0..count - 1` in random order. */
export function shuffledIndexes(seed, count) {
  const random = seededRandom(seed);
  const indexes = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const other = Math.floor(random() * (index + 1));
    indexes[index] = indexes[other];
    indexes[other] = index;
  }
  return indexes;
}
