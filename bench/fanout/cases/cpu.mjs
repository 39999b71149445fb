/** A thousand jobs of about two milliseconds, from a program that has no thread yet. */
import { CpuReading } from '../../measure/cpu.mjs';
import { FAN_OUT_PEERS } from '../fan-out-peers.mjs';

export const title = 'Jobs of two milliseconds, threads cold';
const ROUNDS_PER_JOB = 1_300_000;

export function groups({ quick }) {
  return [
    {
      variant: quick ? '200' : '1000',
      params: { numJobs: quick ? 200 : 1000 },
      peers: FAN_OUT_PEERS,
      timeLimitS: { other: 60 },
    },
  ];
}

export const compared = 'wallMs';
export const columns = [
  { key: 'wallMs', label: 'wall ms' },
  { key: 'cpuMs', label: 'CPU ms' },
  { key: 'wrong', label: 'wrong' },
];

export async function run(peer, { numJobs }) {
  const start = new CpuReading();
  const results = await peer.fanOut('spin', numJobs, [ROUNDS_PER_JOB]);
  const { wallMs, cpuNs } = new CpuReading().since(start);
  return { wallMs, cpuMs: cpuNs / 1e6, wrong: Math.abs(results.length - numJobs) };
}
