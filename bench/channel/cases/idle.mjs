/** CPU of the process while an open channel carries nothing, a receive pending. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';

export const title = 'An open channel that carries nothing';
const IDLE_MS = 3000;

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
export const columns = [{ key: 'cpuMs', label: `CPU ms in ${IDLE_MS / 1000} s` }];

export async function run(peer, params) {
  const consume = await peer.open(params);
  // The producer is never started, so this never ends.
  consume(() => undefined);
  await sleep(500);
  const start = new CpuReading();
  await sleep(IDLE_MS);
  return { cpuMs: new CpuReading().since(start).cpuNs / 1e6 };
}
