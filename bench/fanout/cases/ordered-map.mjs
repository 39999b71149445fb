/**
 * Asynchronous tasks, sixteen at a time, results in order. `delay`: each waits for a random time.
 * `immediate`: each waits for a turn of the event loop, so that what is measured is the overhead.
 * The results of `backbeat-ordered` cross to a thread that blocks; all others stay on the loop.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { uniformDelays } from '../../measure/random.mjs';

export const title = 'Ordered map of asynchronous tasks';
const CONCURRENCY = 16;
const WARM_UP_TASKS = 500;
const LONGEST_DELAY_MS = 4;

export function groups({ quick }) {
  const tasks = quick ? 2000 : 10_000;
  const variant = (name) => ({
    variant: name,
    params: { kind: name, tasks },
    peers: ['p-map', 'backbeat-loop', 'backbeat-ordered', 'streaming-iterables', 'readable-map'],
    timeLimitS: { other: 60 },
  });
  return [variant('delay'), variant('immediate')];
}

export const compared = 'cpuNs';
export const columns = [
  { key: 'cpuNs', label: 'CPU ns per task' },
  { key: 'mainNs', label: 'of it main thread' },
  { key: 'wallMs', label: 'wall ms' },
  { key: 'wrong', label: 'wrong' },
];

export async function run(peer, { kind, tasks, seed }) {
  const delaysMs = uniformDelays(seed, tasks, 0, LONGEST_DELAY_MS);
  const task = async (id) => {
    await (kind === 'delay' ? sleep(delaysMs[id]) : nextTurn());
    return id;
  };
  await peer.map(
    Array.from({ length: WARM_UP_TASKS }, (_, id) => id),
    task,
    CONCURRENCY,
  );
  const ids = Array.from({ length: tasks }, (_, id) => id);
  const start = new CpuReading();
  const results = await peer.map(ids, task, CONCURRENCY);
  const { wallMs, cpuNs, mainCpuNs } = new CpuReading().since(start);
  const wrong = results.filter((result, index) => result !== index).length;
  return {
    cpuNs: cpuNs / tasks,
    mainNs: mainCpuNs / tasks,
    wallMs,
    wrong: wrong + Math.abs(results.length - tasks),
  };
}
