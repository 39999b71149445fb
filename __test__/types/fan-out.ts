// Compiled, never run: see types.spec.ts.
import {
  BgException,
  BgInvoke,
  BgProcManager,
  BgThread,
  bgProcManager,
  bgRunProc,
  type CapturedFunction,
  Consumerator,
  type Invocation,
  type JobProgress,
  OrderedItemProducer,
  PoolUser,
  parallelise,
  paralleliseIter,
  paralleliseSync,
  TaskQueue,
  withCaptures,
} from 'backbeat';

const squares: number[] = await parallelise((id: number) => id * id, 5);
const sums: number[] = await parallelise((id: number, n: number) => id + n, 5, { args: [7] });
const inline: string[] = paralleliseSync((id: number, text: string) => text.repeat(id), 5, 'a');
// A job that fails and is only warned of leaves null.
const gaps: (number | null)[] = await parallelise((id: number) => id, 5, { bgException: 'warn' });
const told = (progress: JobProgress): string => `${progress.done} of ${progress.total}`;
for await (const value of paralleliseIter((id: number) => id, 5, { onProgress: told })) {
  value.toFixed();
}
// Without an order the id comes along.
for await (const [id, text] of paralleliseIter(String, 5, { ordered: false })) id + text.length;

const invoked: number = await new BgInvoke((a: number, b: number) => a + b, 1, 2).result;
using thread: BgThread<[string], number> = new BgThread((text: string) => text.length);
const invocation: Invocation<number> = thread.invoke('text');
const ended: Promise<void> = invocation;
const value: number = await invocation.result;
const captured: CapturedFunction<(n: number) => number> = withCaptures((n: number) => n, { a: 1 });
const viaCaptures: Promise<number> = new BgInvoke(captured, 5).result;
bgRunProc((name: string) => name, 'a');
bgProcManager.appendNewProc(() => {});
const manager: BgProcManager = new BgProcManager(console);

const producer = new OrderedItemProducer<number>({ maxThreads: 2 });
await producer.start((items, factor: number) => {
  for (const item of items) item * factor;
}, 3);
const produced: number | undefined = await producer.produceItem((n: number) => n, 5);
const consumerator = new Consumerator<string>(undefined, { capacity: 5 });
await consumerator.write('text');
for await (const item of consumerator) item.toUpperCase();
const queued: Promise<number> = new TaskQueue(2).call((n: number) => n, 5);
const deferred: Promise<string> = PoolUser.deferToThreadInPool(async () => 'text');

declare const error: unknown;
if (error instanceof BgException) error.jobIds?.map((jobId) => jobId.toFixed());

// @ts-expect-error how many jobs is a number
parallelise((id: number) => id, '5');
// @ts-expect-error the argument is of another type than the function's
parallelise((id: number, n: number) => id + n, 5, { args: ['7'] });
// @ts-expect-error a failure is raised or warned of
parallelise((id: number) => id, 5, { bgException: 'ignore' });
// @ts-expect-error results may be null with warn
const whole: number[] = await parallelise((id: number) => id, 5, { bgException: 'warn' });
// @ts-expect-error in order there is no id beside the result
for await (const [id] of paralleliseIter((job: number) => job, 5)) console.log(id);
// @ts-expect-error an argument is missing
new BgInvoke((a: number, b: number) => a + b, 1);
// @ts-expect-error the argument is of another type
thread.invoke(5);
// @ts-expect-error the captures have names
withCaptures((n: number) => n, 5);
// @ts-expect-error items are numbers
producer.produceItem(() => 'text');
// @ts-expect-error items are texts
consumerator.write(5);
// @ts-expect-error a producer can be held up and stopped
new Consumerator({ pauseProducing() {} });

export const used: unknown[] = [
  squares,
  sums,
  inline,
  gaps,
  invoked,
  ended,
  value,
  viaCaptures,
  manager,
  produced,
  queued,
  deferred,
  whole,
];
