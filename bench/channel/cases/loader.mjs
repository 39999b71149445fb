/** Real files are read and decoded, and computed on: in one loop, or the files ahead on a thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyse, writeTables } from '../../../examples/tables.mjs';
import { CpuReading } from '../../measure/cpu.mjs';

export const title = 'Compressed tables: read, unpacked, parsed, computed on';
const ROWS = 10_000;

export function groups({ quick }) {
  return [
    {
      variant: 'tables',
      params: { tables: quick ? 40 : 300, bound: 4 },
      peers: ['loader-serial', 'loader-ahead'],
      timeLimitS: { other: 120 },
    },
  ];
}

export const compared = 'wallMs';
export const columns = [
  { key: 'wallMs', label: 'wall ms' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'computingMs', label: 'of it computing, ms' },
  { key: 'wrong', label: 'wrong' },
];

export async function run(peer, { tables, bound }) {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-tables-'));
  try {
    const paths = writeTables(folder, tables, ROWS);
    await load(peer, paths.slice(0, 10), bound); // the compilers, and the thread
    return await load(peer, paths, bound);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function load(peer, paths, bound) {
  const start = new CpuReading();
  let computingMs = 0;
  let next = 0;
  let wrong = 0;
  for await (const table of peer.open(paths, bound)) {
    const fromMs = performance.now();
    const { name, period } = analyse(table);
    computingMs += performance.now() - fromMs;
    if (!paths[next].includes(name) || period % (20 + (next % 60)) !== 0) wrong++;
    next++;
  }
  const { wallMs, cpuNs } = new CpuReading().since(start);
  return { wallMs, cpuMs: cpuNs / 1e6, computingMs, wrong: wrong + paths.length - next };
}
