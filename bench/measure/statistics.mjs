/** Medians, spreads and quantiles. Missing values (undefined, NaN) are left out. */

function sortedNumbers(values) {
  return Float64Array.from(values.filter((value) => Number.isFinite(value))).sort();
}

export function median(values) {
  const sorted = sortedNumbers(values);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `{ median, min, max, count }` of the values, or undefined when there is none. */
export function spread(values) {
  const sorted = sortedNumbers(values);
  if (sorted.length === 0) return undefined;
  return {
    median: median(values),
    min: sorted[0],
    max: sorted[sorted.length - 1],
    count: sorted.length,
  };
}

/** The value at `share` (0..1) of an ascending array; undefined when it is empty. */
export function quantile(sorted, share) {
  if (sorted.length === 0) return undefined;
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
