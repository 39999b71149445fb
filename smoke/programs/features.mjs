// The same small program for every place where backbeat is tried: each feature once, with its outcome.
import { Worker } from 'node:worker_threads';
import { BackgroundWorkerPool, channel } from 'backbeat';
import { after } from 'backbeat/scheduler';
import { clearTimeout as clear, setTimeout as dropIn } from 'backbeat/timers';

const LIMIT_MS = 20_000;

const FEATURES = {
  worker: () =>
    new Promise((resolve) => {
      const finished = (_, worker) => resolve(worker.numberOfRuns === 3);
      const options = { maxCount: 3, finished };
      BackgroundWorkerPool.newWorker('10ms', () => undefined, options).start();
    }),
  actor: () =>
    new Promise((resolve) => {
      const options = { delay: 0.01, data: 'data' };
      BackgroundWorkerPool.newActor((data) => resolve(data === 'data'), options).start();
    }),
  scheduler: () => new Promise((resolve) => after(10, (arg) => resolve(arg === 7), 7)),
  lambda: async () => {
    const primes = [2, 3, 5, 7];
    const isPrime = (n) => primes.every((p) => n === p || n % p !== 0);
    const job = BackgroundWorkerPool.runJob((n) => isPrime(n), { args: [97] });
    return (await job.result) === true;
  },
  captures: async () => {
    // biome-ignore lint/correctness/noUndeclaredVariables: given by `captures`
    const job = BackgroundWorkerPool.runJob((n) => n * factor, {
      args: [6],
      captures: { factor: 7 },
    });
    return (await job.result) === 42;
  },
  'worker on a thread': () =>
    new Promise((resolve) => {
      // A run that fails counts, and does not stop the worker; one that returns false does.
      const finished = (_, worker) => resolve(worker.numberOfRuns === 1 || 'its run failed');
      const options = { maxCount: 2, thread: true, captures: {}, finished };
      BackgroundWorkerPool.newWorker('10ms', () => false, options).start();
    }),
  channel: async () => {
    const { sender, receiver } = channel({ capacity: 4 });
    const handle = sender.handle();
    const options = { workerData: handle, transferList: [handle.port] };
    const thread = new Worker(new URL('./sender.mjs', import.meta.url), options);
    let sum = 0;
    for await (const item of receiver) sum += item;
    await thread.terminate();
    return sum === 4950;
  },
  timers: () =>
    new Promise((resolve) => {
      clear(dropIn(() => resolve(false), 5));
      dropIn((value) => resolve(value === 'value'), 15, 'value');
    }),
};

/** @returns what each feature did: `ok`, or why not */
export async function runFeatures() {
  const outcomes = {};
  for (const [name, feature] of Object.entries(FEATURES)) outcomes[name] = await outcomeOf(feature);
  await BackgroundWorkerPool.killJobs();
  return outcomes;
}

async function outcomeOf(feature) {
  let guard;
  const late = new Promise((resolve) => {
    guard = setTimeout(resolve, LIMIT_MS, `nothing after ${LIMIT_MS / 1000} s`);
  });
  try {
    const outcome = await Promise.race([feature(), late]);
    return outcome === true ? 'ok' : String(outcome);
  } catch (error) {
    return `${error?.code ?? error?.name}: ${String(error?.message).split('\n')[0]}`;
  } finally {
    clearTimeout(guard);
  }
}
