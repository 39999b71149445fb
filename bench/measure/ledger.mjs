/**
 * The book every timer's callback writes into, the same for all peers: one counter byte per timer,
 * and for every `SAMPLE_STRIDE`th timer the lateness. Reading the clock costs as much as a cheap
 * timer does, so reading it for each would measure the clock.
 */
import { performance } from 'node:perf_hooks';
import { quantile } from './statistics.mjs';

/** Every eighth timer is asked for its lateness. A power of two: the callback masks with it. */
export const SAMPLE_STRIDE = 8;
const MASK = SAMPLE_STRIDE - 1;
const SHIFT = Math.log2(SAMPLE_STRIDE);
/** Ids from `count` on belong to the warm-up. */
export const WARM_UP_IDS = 2048;

/** Lateness figures in ms, and how many fired before their deadline (tolerance 0). */
export function latenessFigures(latenessMs) {
  const sorted = Float64Array.from(latenessMs).sort();
  let early = 0;
  while (early < sorted.length && sorted[early] < 0) early++;
  return {
    early,
    lateMin: sorted[0],
    lateP50: quantile(sorted, 0.5),
    lateP99: quantile(sorted, 0.99),
    lateP999: quantile(sorted, 0.999),
    lateMax: sorted[sorted.length - 1],
    sampled: sorted.length,
  };
}

/**
 * @param count how many timers will be inserted, with the ids `0..count - 1`
 * @returns `callback(id)` to hand to the peer; `expect(id, delayMs)` to be called right before the
 *   timer is inserted; `target(fires)`, a promise that settles at the given number of fires
 */
export function createLedger(count) {
  const total = count + WARM_UP_IDS;
  const counts = new Uint8Array(total).fill(0);
  const dueMs = new Float64Array((total >> SHIFT) + 1).fill(0);
  const latenessMs = new Float64Array((total >> SHIFT) + 1).fill(0);
  let recorded = 0;
  let fired = 0;
  let wanted = -1;
  let reached = () => {};

  const callback = (id) => {
    counts[id]++;
    if ((id & MASK) === 0) {
      latenessMs[recorded++] = performance.now() - dueMs[id >> SHIFT];
    }
    if (++fired === wanted) reached();
  };

  const expect = (id, delayMs) => {
    if ((id & MASK) === 0) dueMs[id >> SHIFT] = performance.now() + delayMs;
  };

  const target = (fires) =>
    new Promise((resolve) => {
      wanted = fires;
      reached = resolve;
      if (fired >= fires) resolve();
    });

  const reset = () => {
    counts.fill(0);
    recorded = 0;
    fired = 0;
    wanted = -1;
  };

  const verdict = () => {
    let lost = 0;
    let doubled = 0;
    for (let id = 0; id < count; id++) {
      if (counts[id] === 0) lost++;
      else if (counts[id] > 1) doubled++;
    }
    return { fired, lost, doubled };
  };

  return {
    callback,
    expect,
    target,
    reset,
    verdict,
    firedSoFar: () => fired,
    lateness: () => latenessFigures(latenessMs.subarray(0, recorded)),
  };
}
