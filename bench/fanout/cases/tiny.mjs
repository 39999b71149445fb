/** Jobs that do next to nothing: what a job costs. Threads are up. */
import { CpuReading } from '../../measure/cpu.mjs';
import { FAN_OUT_PEERS } from '../fan-out-peers.mjs';

export const title = 'Tiny jobs, threads warm';
const WARM_UP_JOBS = 20_000;

export function groups({ quick }) {
  const numJobs = quick ? 100_000 : 1_000_000;
  return [
    {
      variant: `${numJobs}`,
      params: { numJobs },
      peers: FAN_OUT_PEERS,
      timeLimitS: { other: 180 },
    },
  ];
}

export const compared = 'wallNs';
export const columns = [
  { key: 'wallNs', label: 'wall ns per job' },
  { key: 'cpuNs', label: 'CPU ns per job' },
  { key: 'mainNs', label: 'of it main thread' },
  { key: 'wrong', label: 'wrong' },
];

export async function run(peer, { numJobs }) {
  await peer.fanOut('double', WARM_UP_JOBS, []);
  const start = new CpuReading();
  const results = await peer.fanOut('double', numJobs, []);
  const { wallMs, cpuNs, mainCpuNs } = new CpuReading().since(start);
  let wrong = Math.abs(results.length - numJobs);
  for (let jobId = 0; jobId < results.length; jobId++) if (results[jobId] !== 2 * jobId) wrong++;
  return {
    wallNs: (wallMs * 1e6) / numJobs,
    cpuNs: cpuNs / numJobs,
    mainNs: mainCpuNs / numJobs,
    wrong,
  };
}
