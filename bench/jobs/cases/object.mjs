/** Jobs that get an object of about 1 KB and return it. */
import { CpuReading } from '../../measure/cpu.mjs';
import { openWarm, SMALL_JOBS } from '../warm-up.mjs';
import { runInWindow } from '../window.mjs';
import { makeRecord } from '../work.mjs';
import { columns, compared, figuresOf } from './tiny.mjs';

export { columns, compared };
export const title = 'Jobs with a 1 KB object';
const WINDOW = 256;

export function groups({ quick, threads }) {
  return [
    {
      variant: '1KB',
      params: { jobs: quick ? 3000 : 10_000, threads },
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
    },
  ];
}

export async function run(peer, { jobs, threads }) {
  await openWarm(peer, threads);
  const records = Array.from({ length: jobs }, (_, job) => makeRecord(job));
  const runJob = (job) => peer.run('echo', records[job]);
  const isRight = (result, job) =>
    result.id === job && result.values[59] === records[job].values[59];
  // With fewer of them it is mostly the compiler of each thread that is measured.
  await runInWindow(Math.min(jobs, SMALL_JOBS), WINDOW, runJob, isRight);
  const start = new CpuReading();
  const wrong = await runInWindow(jobs, WINDOW, runJob, isRight);
  return figuresOf(new CpuReading().since(start), jobs, wrong);
}
