/** Jobs that do next to nothing, a promise each: what a pool itself costs. */
import { CpuReading } from '../../measure/cpu.mjs';
import { openWarm } from '../warm-up.mjs';
import { runAtOnce, runInWindow } from '../window.mjs';

export const title = 'Tiny jobs';
const WINDOW = 256;

export function groups({ quick, threads }) {
  const jobs = quick ? 20_000 : 100_000;
  const group = (variant, width) => ({
    variant,
    params: { jobs, width, threads },
    peers: [
      'raw',
      'piscina',
      'piscina-64',
      'tinypool',
      'workerpool',
      'poolifier',
      'synckit',
      'backbeat',
    ],
    timeLimitS: { other: 60 },
  });
  return [group('256-at-a-time', WINDOW), group('all-at-once', undefined)];
}

export const compared = 'cpuNs';
export const columns = [
  { key: 'perSecond', label: 'jobs per s' },
  { key: 'cpuNs', label: 'CPU ns per job' },
  { key: 'mainCpuNs', label: 'of it main thread' },
  { key: 'wallNs', label: 'wall ns' },
  { key: 'wrong', label: 'wrong or lost' },
];

export async function run(peer, { jobs, width, threads }) {
  await openWarm(peer, threads);
  const runJob = (job) => peer.run('increment', job);
  const isRight = (result, job) => result === job + 1;
  const start = new CpuReading();
  const wrong = await (width === undefined
    ? runAtOnce(jobs, runJob, isRight)
    : runInWindow(jobs, width, runJob, isRight));
  return figuresOf(new CpuReading().since(start), jobs, wrong);
}

export function figuresOf({ cpuNs, mainCpuNs, wallMs }, jobs, wrong) {
  return {
    perSecond: (jobs / wallMs) * 1000,
    cpuNs: cpuNs / jobs,
    mainCpuNs: mainCpuNs / jobs,
    wallNs: (wallMs * 1e6) / jobs,
    wrong,
  };
}
