// Fan-outs, threads, procedures and ordered production for a long time, with failures, stops and lost
// threads mixed in. Every result is compared; memory and threads must come back to where they were.
//   node scripts/soak-fanout.mjs [--minutes 10] [--seed 1]
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  BackgroundWorkerPool,
  BgInvoke,
  BgProcManager,
  BgThread,
  OrderedItemProducer,
  PoolUser,
  parallelise,
  paralleliseIter,
} from '../dist/index.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});
const durationMs = Number(values.minutes) * 60_000;
let seed = Number(values.seed);
const MOST_GROWTH_MB = 100;
const MB = 1e6;
/** Threads that stay: four of libuv's, and those that the engine starts for good. */
const LASTING_THREADS = 6;
const THREADS_END_WITHIN_MS = 30_000;

function random(below) {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

function expect(what, isTrue) {
  if (!isTrue) throw new Error(`${what}, seed ${values.seed}`);
}

async function fanOut() {
  const numJobs = 1 + random(5000);
  const failing = random(4) === 0 ? random(numJobs) : -1;
  const job = (jobId, fails) => {
    if (jobId === fails) throw new RangeError(`job ${jobId}`);
    return jobId * 2;
  };
  const options = { numThreads: 1 + random(4), args: [failing] };
  const outcome = await parallelise(job, numJobs, options).catch((error) => error);
  if (failing < 0)
    expect(
      'results by id',
      outcome.every((value, id) => value === 2 * id),
    );
  else expect(`job ${failing} fails: ${outcome?.stack}`, outcome.jobId === failing);
}

async function fanOutThatLosesThreads() {
  const job = (jobId) => (jobId % 40 === 39 ? process.exit(1) : jobId);
  const options = { numThreads: 2, bgException: 'warn', logger: () => {} };
  const results = await parallelise(job, 100, options);
  const wrong = results.filter((value, id) => value !== (id % 40 === 39 ? null : id));
  expect('results beside lost threads', wrong.length === 0);
}

async function fanOutThatIsStopped() {
  const controller = new AbortController();
  const options = { numThreads: 2, signal: controller.signal };
  setTimeout(() => controller.abort(new RangeError('enough')), random(5));
  const outcome = await parallelise((jobId) => jobId, 1_000_000, options).catch((error) => error);
  expect('a stop', outcome.message === 'enough' || outcome.length === 1_000_000);
}

async function stream() {
  const numJobs = 1 + random(20_000);
  const leaveAt = random(2) === 0 ? random(numJobs) : numJobs;
  const options = { numThreads: 2, lookAhead: 1 + random(500) };
  let expected = 0;
  for await (const result of paralleliseIter((jobId) => jobId, numJobs, options)) {
    if (result !== expected++) break;
    if (expected === leaveAt) break;
  }
  expect('a stream in order', leaveAt === 0 ? expected === numJobs : expected === leaveAt);
}

async function calls() {
  const thread = new BgThread((n) => {
    if (n % 50 === 49) throw new RangeError('call');
    return n;
  });
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, n) => thread.invoke(n).result.catch(() => -1)),
  );
  const wrong = results.filter((value, n) => value !== (n % 50 === 49 ? -1 : n));
  expect('results of calls', wrong.length === 0);
  await thread.close();
  expect('one call', (await new BgInvoke((n) => n + 1, 1).result) === 2);
}

async function procedures() {
  const cells = new Int32Array(new SharedArrayBuffer(4));
  const warnings = [];
  const manager = new BgProcManager((_level, line) => warnings.push(line));
  for (let n = 0; n < 50; n++) {
    manager.appendNewProc((shared) => Atomics.add(shared, 0, 1), cells);
  }
  await manager.waitUntilEmpty();
  expect(`procedures: ${warnings.join('\n')}`, cells[0] === 50);
}

async function orderedItems() {
  const count = random(3000);
  const producer = new OrderedItemProducer({ highWaterMark: 1 + random(200) });
  await producer.start((items) => {
    let expected = 0;
    for (const item of items) if (item !== expected++) return -1;
    return expected;
  });
  for (let item = 0; item < count; item++) {
    await producer.ready;
    void producer.produceItem(random(2) === 0 ? () => item : async () => item);
  }
  expect('ordered items', (await producer.stop()) === count);
}

/** Threads of this process; none where the system does not tell. */
function threadCount() {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
}

/** Ended threads are joined in the background. */
async function threadsWhenSettled(most) {
  for (let waitedMs = 0; threadCount() > most && waitedMs < THREADS_END_WITHIN_MS; waitedMs += 100)
    await sleep(100);
  return threadCount();
}

const KINDS = [
  fanOut,
  fanOut,
  fanOutThatLosesThreads,
  fanOutThatIsStopped,
  stream,
  calls,
  procedures,
  orderedItems,
];

BackgroundWorkerPool.setLogger(() => {});
const threadsBefore = threadCount();
const endMs = Date.now() + durationMs;
let rounds = 0;
let warmMb;
while (Date.now() < endMs) {
  await Promise.all([KINDS[random(KINDS.length)](), KINDS[random(KINDS.length)]()]);
  rounds++;
  if (rounds === 100) warmMb = process.memoryUsage().rss / MB;
}
await PoolUser.shutdown();
await BackgroundWorkerPool.killJobs();
const threads = await threadsWhenSettled(threadsBefore + LASTING_THREADS);
const residentMb = process.memoryUsage().rss / MB;
console.log(
  `${rounds} rounds, ${residentMb.toFixed(0)} MB resident, ${threads} threads (${threadsBefore} at first)`,
);
expect(`${threads} threads are left`, threads <= threadsBefore + LASTING_THREADS);
if (warmMb !== undefined) {
  expect(`memory grew from ${warmMb} MB`, residentMb - warmMb < MOST_GROWTH_MB);
}
