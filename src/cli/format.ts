/** How figures are written for people: the terminal table and the HTML report share these. */

const COUNT: Intl.NumberFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1234567` is `1,234,567`. */
export function formatCount(value: number): string {
  return COUNT.format(value);
}

/** Milliseconds in the unit that keeps three significant digits readable: µs, ms or s. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0 ms';
  const size = Math.abs(durationMs);
  if (size < 0.9995) return `${significant(durationMs * 1000)} µs`;
  if (size < 999.5) return `${significant(durationMs)} ms`;
  return `${significant(durationMs / 1000)} s`;
}

/** A whole number of nanoseconds. */
export function formatNanoseconds(durationNs: number): string {
  return `${formatCount(durationNs)} ns`;
}

/** A whole number of bytes. */
export function formatBytes(bytes: number): string {
  return `${formatCount(bytes)} B`;
}

/** A share between 0 and 1 as a percentage. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}

function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return formatCount(value);
  return value.toFixed(size >= 10 ? 1 : 2);
}
