import pRetry, { AbortError } from 'p-retry';
import { check, finish, notBefore, now } from '../checks.mjs';

await check('tries again after growing delays', async () => {
  const startMs = now();
  const waited = [];
  const value = await pRetry(
    (attempt) => {
      waited.push(notBefore(startMs, [0, 20, 60][attempt - 1]));
      if (attempt < 3) throw new Error(`attempt ${attempt}`);
      return attempt;
    },
    { retries: 5, minTimeout: 20, factor: 2 },
  );
  return [value, waited];
});

await check('gives up after the last retry', async () => {
  let attempts = 0;
  try {
    await pRetry(
      () => {
        attempts++;
        throw new Error('always');
      },
      { retries: 3, minTimeout: 1 },
    );
  } catch (error) {
    return [error.message, attempts];
  }
});

await check('an AbortError is not tried again', () =>
  pRetry(() => Promise.reject(new AbortError('stop')), { retries: 3, minTimeout: 1 }),
);

await check('a signal ends the waiting', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('no longer')), 10);
  await pRetry(() => Promise.reject(new Error('again')), {
    retries: 5,
    minTimeout: 60_000,
    signal: controller.signal,
  });
});

await check('maxRetryTime ends it', async () => {
  const startMs = now();
  try {
    await pRetry(() => Promise.reject(new Error('again')), {
      retries: 1000,
      minTimeout: 5,
      factor: 1,
      maxRetryTime: 40,
    });
  } catch (error) {
    return [error.message, now() - startMs < 5000];
  }
});

finish();
