/** Jobs that get a buffer of 8 MB, cloned or moved. */
import { CpuReading } from '../../measure/cpu.mjs';
import { openWarm } from '../warm-up.mjs';
import { runInWindow } from '../window.mjs';

export const title = 'Jobs with 8 MB';
const BYTES = 8 << 20;
const WINDOW = 8;

export function groups({ quick, threads }) {
  const group = (variant) => ({
    variant,
    params: { jobs: quick ? 30 : 100, isMoved: variant === 'moved', threads },
    peers: ['raw', 'piscina', 'tinypool', 'workerpool', 'poolifier', 'backbeat'],
    timeLimitS: { other: 60 },
  });
  return [group('cloned'), group('moved')];
}

export const compared = 'wallMs';
export const columns = [
  { key: 'wallMs', label: 'wall ms per job' },
  { key: 'cpuMs', label: 'CPU ms per job' },
  { key: 'wrong', label: 'wrong or lost' },
];

export async function run(peer, { jobs, isMoved, threads }) {
  await openWarm(peer, threads);
  // Made before, so that what it costs to make them is not measured.
  const buffers = Array.from({ length: jobs }, (_, job) => new Uint8Array(BYTES).fill(job));
  const expected = (job) => BYTES + 2 * (job & 255);
  const start = new CpuReading();
  const wrong = await runInWindow(
    jobs,
    WINDOW,
    (job) => peer.run('touch', buffers[job], isMoved ? [buffers[job].buffer] : undefined),
    (result, job) => result === expected(job),
  );
  const { wallMs, cpuNs } = new CpuReading().since(start);
  return { wallMs: wallMs / jobs, cpuMs: cpuNs / 1e6 / jobs, wrong };
}
