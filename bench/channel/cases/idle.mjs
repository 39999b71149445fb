/**
 * CPU of the process while an open channel carries nothing, a receive pending: what one quiet second takes,
 * the timer that ends it included, and how often any thread woke up in it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../measure/statistics.mjs';

export const title = 'An open channel that carries nothing';
const IDLE_MS = 1000;
const WINDOWS = 4;

export function groups() {
  const peers = ['nothing', 'backbeat', 'port-credit'];
  return [
    {
      variant: 'idle',
      params: { kind: 'number', bound: 16, n: 1, isIdle: true },
      peers,
      timeLimitS: { other: 30 },
    },
  ];
}

export const compared = 'cpuMs';
export const columns = [
  { key: 'cpuMs', label: `CPU ms in ${IDLE_MS / 1000} s` },
  { key: 'wakeUps', label: 'wake-ups' },
];

export async function run(peer, params) {
  const consume = await peer.open(params);
  // The producer is never started, so this never ends.
  consume(() => undefined);
  // Start-up has ended behind it, and the code that measures has run once.
  await quietWindow();
  const windows = [];
  for (let count = 0; count < WINDOWS; count++) windows.push(await quietWindow());
  return {
    cpuMs: median(windows.map(({ cpuMs }) => cpuMs)),
    wakeUps: median(windows.map(({ wakeUps }) => wakeUps)),
  };
}

/** The system counts for all threads of the process: what they used, and how often they slept. */
async function quietWindow() {
  const before = process.resourceUsage();
  await sleep(IDLE_MS);
  const after = process.resourceUsage();
  const cpuUs = (usage) => usage.userCPUTime + usage.systemCPUTime;
  return {
    cpuMs: (cpuUs(after) - cpuUs(before)) / 1000,
    wakeUps: after.voluntaryContextSwitches - before.voluntaryContextSwitches,
  };
}
