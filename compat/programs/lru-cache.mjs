import { LRUCache } from 'lru-cache';
import { check, finish, sleep } from '../checks.mjs';

await check('an entry is there, then it is not', async () => {
  const cache = new LRUCache({ max: 10, ttl: 200 });
  cache.set('key', 'value');
  const before = cache.get('key');
  await sleep(260);
  return [before, cache.get('key') ?? null, cache.has('key')];
});

await check('ttlAutopurge removes by a timer of its own', async () => {
  const disposed = [];
  const cache = new LRUCache({
    ttl: 30,
    ttlAutopurge: true,
    dispose: (value, key, reason) => disposed.push([value, key, reason]),
  });
  cache.set('a', 1);
  cache.set('b', 2, { ttl: 60_000 });
  await sleep(120);
  return [cache.size, disposed];
});

await check('allowStale gives what is over once more', async () => {
  const cache = new LRUCache({ max: 10, ttl: 20, allowStale: true });
  cache.set('key', 'old');
  await sleep(60);
  return [cache.get('key'), cache.get('key') ?? null];
});

await check('fetch refreshes what is stale', async () => {
  let fetched = 0;
  const cache = new LRUCache({
    max: 10,
    ttl: 40,
    fetchMethod: async () => {
      await sleep(2);
      return ++fetched;
    },
  });
  const first = await cache.fetch('key');
  await sleep(100);
  return [first, await cache.fetch('key')];
});

await check('the remaining time', async () => {
  const cache = new LRUCache({ max: 10, ttl: 60_000 });
  cache.set('key', 1);
  await sleep(30);
  const left = cache.getRemainingTTL('key');
  return left <= 60_000 - 29 && left > 0;
});

finish();
