/** Compressed tables of numbers, as `load-ahead.mjs` reads them: making, decoding, computing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const MOST_LAGS = 100;

/** Reads, unpacks and parses one file after the other. */
export function* readTables(paths) {
  for (const path of paths) {
    const lines = gunzipSync(readFileSync(path)).toString('latin1').trimEnd().split('\n');
    yield { name: basename(path, '.csv.gz'), values: Float64Array.from(lines, Number) };
  }
}

/** Mean, and the lag at which the values resemble themselves most. */
export function analyse({ name, values }) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  let period = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let lag = 10; lag < Math.min(MOST_LAGS, values.length); lag++) {
    let likeness = 0;
    for (let at = lag; at < centred.length; at++) likeness += centred[at] * centred[at - lag];
    if (likeness > best) {
      best = likeness;
      period = lag;
    }
  }
  return { name, mean, period };
}

/** Writes `count` tables with waves of known periods, the same ones each time; returns their paths. */
export function writeTables(folder, count, rows) {
  return Array.from({ length: count }, (_, index) => {
    const period = 20 + (index % 60);
    const row = (at) => (index + Math.sin((2 * Math.PI * at) / period) + (at % 7) / 100).toFixed(6);
    const text = `${Array.from({ length: rows }, (_, at) => row(at)).join('\n')}\n`;
    const path = join(folder, `table-${String(index).padStart(4, '0')}.csv.gz`);
    writeFileSync(path, gzipSync(text));
    return path;
  });
}
