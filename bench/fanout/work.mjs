/** What the jobs of the suite do: the same functions for every peer, imported by its threads. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';

const LONG_EVERY = 100;
const LONG_FACTOR = 50;

/** So many rounds of a generator: work that takes the same steps wherever it runs. */
export function spin(jobId, rounds) {
  let state = jobId + 1;
  for (let round = 0; round < rounds; round++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state;
}

export function double(jobId) {
  return 2 * jobId;
}

/** One job in a hundred is fifty times as long. Returns how many ms it took. */
export function uneven(jobId, rounds) {
  const startedMs = performance.now();
  spin(jobId, jobId % LONG_EVERY === LONG_EVERY / 2 ? LONG_FACTOR * rounds : rounds);
  return performance.now() - startedMs;
}

/** Hash and compressed size of one file. */
export function packFile(jobId, folder) {
  const content = readFileSync(join(folder, `${jobId}.txt`));
  const digest = createHash('sha256').update(content).digest('hex');
  return `${digest} ${gzipSync(content).length}`;
}

/** All of them, by name. */
export const functions = { spin, double, uneven, packFile };

/** For pools that call a function with one value. */
export function runNamed({ name, jobId, args }) {
  return functions[name](jobId, ...args);
}
