/**
 * One job in a hundred is fifty times as long. The ideal is the time that the jobs took, as their
 * threads measured it, shared evenly by the processors. Threads are up.
 */
import { availableParallelism } from 'node:os';
import { CpuReading } from '../../measure/cpu.mjs';
import { FAN_OUT_PEERS } from '../fan-out-peers.mjs';

export const title = 'Uneven jobs, threads warm';
const ROUNDS_PER_JOB = 130_000;
const WARM_UP_JOBS = 50;

export function groups({ quick }) {
  const numJobs = quick ? 1000 : 5000;
  return [
    {
      variant: `${numJobs}`,
      params: { numJobs },
      peers: FAN_OUT_PEERS.filter((name) => name !== 'serial'),
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'ofIdeal';
export const columns = [
  { key: 'ofIdeal', label: 'wall / ideal' },
  { key: 'wallMs', label: 'wall ms' },
  { key: 'cpuMs', label: 'CPU ms' },
];

export async function run(peer, { numJobs }) {
  await peer.fanOut('uneven', WARM_UP_JOBS, [ROUNDS_PER_JOB]);
  const start = new CpuReading();
  const tookMs = await peer.fanOut('uneven', numJobs, [ROUNDS_PER_JOB]);
  const { wallMs, cpuNs } = new CpuReading().since(start);
  const idealMs = tookMs.reduce((sum, ms) => sum + ms, 0) / availableParallelism();
  return { ofIdeal: wallMs / idealMs, wallMs, cpuMs: cpuNs / 1e6 };
}
