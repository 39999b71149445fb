import Bottleneck from 'bottleneck';
import { check, finish, next, notBefore, now, sleep } from '../checks.mjs';

await check('minTime holds starts apart', async () => {
  const limiter = new Bottleneck({ minTime: 20 });
  const startMs = now();
  return Promise.all(
    [0, 1, 2, 3].map((id) => limiter.schedule(async () => notBefore(startMs, id * 20 - id))),
  );
});

await check('maxConcurrent', async () => {
  const limiter = new Bottleneck({ maxConcurrent: 2 });
  let running = 0;
  let most = 0;
  const job = async () => {
    most = Math.max(most, ++running);
    await sleep(5);
    running--;
  };
  await Promise.all(Array.from({ length: 6 }, () => limiter.schedule(job)));
  return most;
});

await check('the reservoir is filled again', async () => {
  const limiter = new Bottleneck({
    reservoir: 2,
    reservoirRefreshInterval: 250,
    reservoirRefreshAmount: 2,
  });
  const order = [];
  await Promise.all([1, 2, 3, 4].map((id) => limiter.schedule(async () => order.push(id))));
  await limiter.disconnect();
  return order;
});

await check('a job over its expiration is rejected', async () => {
  const limiter = new Bottleneck();
  await limiter.schedule({ expiration: 20, id: 'slow' }, () => sleep(5000));
});

await check('a failed job is tried again after the delay', async () => {
  const limiter = new Bottleneck();
  const startMs = now();
  limiter.on('failed', (_error, { retryCount }) => (retryCount < 2 ? 20 : undefined));
  let attempts = 0;
  const value = await limiter.schedule(async () => {
    if (++attempts < 3) throw new Error('not yet');
    return 'done';
  });
  return [value, attempts, notBefore(startMs, 38)];
});

await check('stop drops what waits', async () => {
  const limiter = new Bottleneck({ maxConcurrent: 1 });
  const begun = next(limiter, 'executing');
  const first = limiter.schedule(() => sleep(10));
  const second = limiter.schedule(() => 'never').catch((error) => error.message);
  await begun;
  await limiter.stop({ dropWaitingJobs: true, dropErrorMessage: 'dropped' });
  return [await first, await second];
});

finish();
