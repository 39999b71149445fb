import PQueue from 'p-queue';
import { check, finish, notBefore, now, sleep } from '../checks.mjs';

await check('intervalCap starts so many in an interval', async () => {
  const queue = new PQueue({ interval: 60, intervalCap: 2 });
  const startMs = now();
  const started = [];
  await queue.addAll(
    [0, 1, 2, 3, 4].map((id) => () => {
      started.push([id, notBefore(startMs, Math.floor(id / 2) * 60)]);
    }),
  );
  return started;
});

await check('concurrency and priority', async () => {
  const queue = new PQueue({ concurrency: 1 });
  const order = [];
  const task = (name) => async () => {
    await sleep(2);
    order.push(name);
  };
  queue.add(task('first'));
  queue.add(task('low'), { priority: -1 });
  queue.add(task('high'), { priority: 5 });
  await queue.onIdle();
  return order;
});

await check('a task over its time is rejected', async () => {
  const queue = new PQueue({ timeout: 20 });
  await queue.add(() => sleep(5000));
});

await check('pause and start', async () => {
  const queue = new PQueue({ autoStart: false });
  const results = queue.addAll([() => 1, () => 2]);
  const before = queue.size;
  queue.start();
  return [before, await results, queue.size];
});

await check('an aborted task is rejected', async () => {
  const queue = new PQueue({ concurrency: 1 });
  const controller = new AbortController();
  queue.add(() => sleep(20));
  setTimeout(() => controller.abort(new Error('no longer')), 5);
  await queue.add(() => 'never', { signal: controller.signal });
});

finish();
