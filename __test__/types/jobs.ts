// Compiled, never run: see types.spec.ts.
import {
  BackgroundWorkerPool,
  CaptureError,
  type Job,
  JobStoppedError,
  jobSignal,
  move,
  registerErrorClass,
  type ThreadOptions,
  type ThreadTask,
  type ThreadWorker,
  task,
} from 'backbeat';

// The result is what the function returns, a promise unwrapped.
const job: Job<number> = BackgroundWorkerPool.runJob((n: number) => n * 2, { args: [5] });
const later: Job<string> = BackgroundWorkerPool.runJob(async () => 'done', 'name');
const result: number = await job.result;
const blocked: string = later.resultSync();
const stopped: Job<number> = job.stop();
using held: Job<boolean> = BackgroundWorkerPool.runJob(() => true, { timeout: '5s', priority: 3 });

const square: ThreadTask<(n: number) => number> = task(import.meta.url, 'square');
const squared: Job<number> = BackgroundWorkerPool.runJob(square, { args: [5] });
const options: ThreadOptions = { maxThreads: 4, idleTimeout: { seconds: 5 }, initializer: null };
BackgroundWorkerPool.setThreads(options);
const [running, paused]: [number, number] = BackgroundWorkerPool.countJobs();
const killed: Promise<void> = BackgroundWorkerPool.killJobs();

// A worker on a thread gets a handle of its own.
BackgroundWorkerPool.newWorker(1, (_data, worker: ThreadWorker) => worker.pause(), {
  thread: true,
});
const bytes = new Uint8Array(5);
const moved: Uint8Array = move(bytes, [bytes.buffer]);
const signal: AbortSignal | undefined = jobSignal();
registerErrorClass(class Refused extends Error {});

declare const error: unknown;
if (error instanceof CaptureError) error.path.toUpperCase();
if (error instanceof JobStoppedError && error.wasRunning) error.code.toUpperCase();

// @ts-expect-error the arguments are of another type than the function's
BackgroundWorkerPool.runJob((n: number) => n, { args: ['5'] });
// @ts-expect-error unknown option
BackgroundWorkerPool.runJob(() => 5, { attempts: 5 });
// @ts-expect-error a function or a task is needed
BackgroundWorkerPool.runJob('work.js');
// @ts-expect-error the result is a number
job.result.then((text: string) => text);
// @ts-expect-error a job is made by the pool only in this way, its state is read only
job.running = false;
// @ts-expect-error unknown option
BackgroundWorkerPool.setThreads({ threads: 4 });
// @ts-expect-error a module has a URL
task(5, 'square');
// @ts-expect-error a class of errors is wanted
registerErrorClass(class Plain {});
// @ts-expect-error jobs of a thread are read by position, not by name
const { length }: number = BackgroundWorkerPool.countJobs();

export const used: unknown[] = [
  result,
  blocked,
  stopped,
  held,
  squared,
  running,
  paused,
  killed,
  moved,
  signal,
  length,
];
