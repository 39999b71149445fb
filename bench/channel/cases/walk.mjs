/** All files of a large tree, and how long the event loop was held up meanwhile. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CpuReading } from '../../measure/cpu.mjs';

export const title = 'Walk of a tree';
const FILES_PER_DIRECTORY = 50;
const DIRECTORIES_PER_LEVEL = 20;

export function groups({ quick }) {
  return [
    {
      variant: quick ? '10000' : '100000',
      params: { files: quick ? 10_000 : 100_000 },
      peers: ['readdir', 'opendir', 'fdir', 'backbeat-walk', 'backbeat-walk-many'],
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'wallMs';
export const columns = [
  { key: 'wallMs', label: 'wall ms' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'mainMs', label: 'of it main thread' },
  { key: 'longestMs', label: 'longest hold-up ms' },
  { key: 'missing', label: 'missing' },
];

export async function run(peer, { files }) {
  const root = mkdtempSync(join(tmpdir(), 'backbeat-walk-'));
  try {
    plant(root, files);
    await peer.count(root); // the system's caches
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const start = new CpuReading();
    const found = await peer.count(root);
    const { wallMs, cpuNs, mainCpuNs } = new CpuReading().since(start);
    delay.disable();
    return {
      wallMs,
      cpuMs: cpuNs / 1e6,
      mainMs: mainCpuNs / 1e6,
      longestMs: delay.max / 1e6,
      missing: files - found,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function plant(root, files) {
  const directories = files / FILES_PER_DIRECTORY;
  for (let index = 0; index < directories; index++) {
    const branch = `branch-${index % DIRECTORIES_PER_LEVEL}`;
    const directory = join(root, branch, `leaf-${index}`);
    mkdirSync(directory, { recursive: true });
    for (let file = 0; file < FILES_PER_DIRECTORY; file++) {
      writeFileSync(join(directory, `file-${file}.txt`), '');
    }
  }
}
