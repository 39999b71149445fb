/** What it costs to carry a function: the first call, further calls, and a new closure each time. */
import { performance } from 'node:perf_hooks';

export const title = 'Carried functions';
const CALLS = 2000;
const NEW_CLOSURES = 200;

export function groups({ threads }) {
  const group = (variant) => ({
    variant,
    params: { kind: variant, threads },
    peers: ['backbeat'],
    timeLimitS: { other: 60 },
  });
  return ['nothing-captured', 'values-captured', 'functions-captured'].map(group);
}

export const compared = 'laterUs';
export const columns = [
  { key: 'firstMs', label: 'first call ms' },
  { key: 'laterUs', label: 'later calls µs' },
  { key: 'newUs', label: 'call with a new closure µs' },
];

const settings = { scale: 3, offsets: [1, 2, 3], name: 'linear' };
const twice = (n) => 2 * n;
const both = (n) => twice(n) + settings.scale;

/** Each makes a closure of its own at every call. */
const MAKERS = {
  'nothing-captured': () => (n) => n + 1,
  'values-captured': (at) => (n) => n * settings.scale + settings.offsets[0] + at,
  'functions-captured': (at) => (n) => both(n) + at,
};

/** Time until `runJob` has returned: what comes after is the way of any job. */
export async function run(_peer, { kind, threads }) {
  const { BackgroundWorkerPool } = await import('../../../dist/index.js');
  BackgroundWorkerPool.setThreads({ maxThreads: threads });
  const make = MAKERS[kind];
  const task = make(1);
  const first = await timed(1, () => BackgroundWorkerPool.runJob(task, { args: [1] }));
  const later = await timed(CALLS, () => BackgroundWorkerPool.runJob(task, { args: [1] }));
  const fresh = await timed(NEW_CLOSURES, (at) =>
    BackgroundWorkerPool.runJob(make(at), { args: [1] }),
  );
  return { firstMs: first / 1000, laterUs: later, newUs: fresh };
}

/** Mean µs of a call. */
async function timed(calls, runJob) {
  const jobs = [];
  const beganMs = performance.now();
  for (let call = 0; call < calls; call++) jobs.push(runJob(call));
  const spentMs = performance.now() - beganMs;
  await Promise.all(jobs.map(({ result }) => result));
  return (spentMs * 1000) / calls;
}
