/** A real job: SHA-256 and gzip of every file of a folder of generated texts. Threads are cold. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CpuReading } from '../../measure/cpu.mjs';
import { seededRandom } from '../../measure/random.mjs';
import { FAN_OUT_PEERS } from '../fan-out-peers.mjs';

export const title = 'Hash and compress every file of a folder';
const SMALLEST_BYTES = 1000;
const LARGEST_BYTES = 400_000;

export function groups({ quick }) {
  const files = quick ? 100 : 1000;
  return [
    { variant: `${files}`, params: { files }, peers: FAN_OUT_PEERS, timeLimitS: { other: 120 } },
  ];
}

export const compared = 'wallMs';
export const columns = [
  { key: 'wallMs', label: 'wall ms' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'wrong', label: 'wrong' },
];

export async function run(peer, { files, seed }) {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-files-'));
  try {
    writeFiles(folder, files, seed);
    const start = new CpuReading();
    const results = await peer.fanOut('packFile', files, [folder]);
    const { wallMs, cpuNs } = new CpuReading().since(start);
    const wrong = results.filter((text) => !/^[0-9a-f]{64} \d+$/.test(text)).length;
    return { wallMs, cpuMs: cpuNs / 1e6, wrong: wrong + Math.abs(results.length - files) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Sizes are spread evenly over their logarithm: many small files, few large ones. */
function writeFiles(folder, files, seed) {
  const random = seededRandom(seed);
  for (let file = 0; file < files; file++) {
    const bytes = SMALLEST_BYTES * (LARGEST_BYTES / SMALLEST_BYTES) ** random();
    const words = [];
    for (let length = 0; length < bytes; length += 8) {
      words.push(Math.floor(random() * 1e4).toString(36));
    }
    writeFileSync(join(folder, `${file}.txt`), words.join(' '));
  }
}
