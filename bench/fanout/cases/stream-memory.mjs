/**
 * Memory while results stream through `paralleliseIter`: behind a tenth of them, behind half, and at
 * the end. Until about the third million the collectors of the isolates are still enlarging their
 * young generations, so what counts is the second half.
 */
import { CpuReading } from '../../measure/cpu.mjs';
import { settledMemory } from '../../measure/memory.mjs';

export const title = 'Memory while results stream';
const MB = 1e6;

export function groups({ quick }) {
  const numJobs = quick ? 500_000 : 10_000_000;
  return [
    {
      variant: `${numJobs}`,
      params: { numJobs },
      peers: ['backbeat-iter'],
      rounds: 2,
      timeLimitS: { other: 180 },
    },
  ];
}

export const compared = 'grownMb';
export const columns = [
  { key: 'grownMb', label: 'MB grown in the second half' },
  { key: 'grownFromTenthMb', label: 'since the first tenth' },
  { key: 'residentMb', label: 'MB resident' },
  { key: 'wallNs', label: 'wall ns per result' },
  { key: 'wrong', label: 'wrong' },
];

export async function run(peer, { numJobs }) {
  const start = new CpuReading();
  let atATenth;
  let atHalf;
  let wrong = 0;
  let expected = 0;
  for await (const result of peer.stream('double', numJobs)) {
    if (result !== 2 * expected) wrong++;
    if (++expected === numJobs / 10) atATenth = await settledMemory();
    else if (expected === numJobs / 2) atHalf = await settledMemory();
  }
  const { wallMs } = new CpuReading().since(start);
  const atTheEnd = await settledMemory();
  return {
    grownMb: (atTheEnd.rss - atHalf.rss) / MB,
    grownFromTenthMb: (atTheEnd.rss - atATenth.rss) / MB,
    residentMb: atTheEnd.rss / MB,
    wallNs: (wallMs * 1e6) / numJobs,
    wrong: wrong + Math.abs(numJobs - expected),
  };
}
