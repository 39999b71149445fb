// The registry of workers: found by id and by name, without looking at all of a million names.
import test from 'ava';
import { WorkerRegistry } from '../src/worker-registry.ts';

let namesRead = 0;

/** Counts how often its name is looked at. */
class CountedWorker {
  readonly id: number;
  readonly #name: string;

  constructor(id: number, name: string) {
    this.id = id;
    this.#name = name;
  }

  get name(): string {
    namesRead++;
    return this.#name;
  }
}

function registryOf(count: number): WorkerRegistry<CountedWorker> {
  const registry = new WorkerRegistry<CountedWorker>();
  for (let at = 0; at < count; at++) {
    registry.add(new CountedWorker(registry.takeId(), `device-${String(at).padStart(6, '0')}`));
  }
  return registry;
}

/** Names looked at by a question. */
function readsOf(registry: WorkerRegistry<CountedWorker>, pattern: string): number {
  namesRead = 0;
  registry.match(pattern);
  return namesRead;
}

test.serial('a million names: only the first question looks at all of them', (t) => {
  const registry = registryOf(1_000_000);
  t.is(registry.match('device-004?17').length, 10);
  t.true(readsOf(registry, 'device-004?17') < 10_000);
  const elsewhere = readsOf(registry, 'device-99999?');
  t.true(elsewhere < 250_000, `${elsewhere} names for another prefix`);
  t.true(readsOf(registry, 'device-99999?') < 500);
  t.true(readsOf(registry, 'device-123456') < 250_000);
  t.true(readsOf(registry, 'device-123456') < 500);
  t.true(readsOf(registry, 'nobody*') < 500);
});

test.serial('workers that came since the last question are found, at their own cost', (t) => {
  const registry = registryOf(20_000);
  registry.match('device-0*');
  registry.match('device-01999?');
  registry.add(new CountedWorker(registry.takeId(), 'device-019999-b'));
  namesRead = 0;
  t.is(registry.match('device-01999*').length, 11);
  t.true(namesRead < 500, `${namesRead} names`);
});

test('removed workers are not found, and those that come back are found once', (t) => {
  const registry = registryOf(300);
  const [worker] = registry.match('device-000042') as [CountedWorker];
  t.true(registry.remove(worker));
  t.false(registry.remove(worker));
  t.deepEqual(registry.match('device-000042'), []);
  registry.add(worker);
  registry.add(worker);
  t.deepEqual(registry.match('device-000042'), [worker]);
  t.is(registry.size, 300);
});

test('the index does not grow with workers that come and go', (t) => {
  const registry = registryOf(200);
  const [worker] = registry.match('device-000007') as [CountedWorker];
  for (let turn = 0; turn < 10_000; turn++) {
    registry.remove(worker);
    registry.add(worker);
    if (turn % 100 === 0) registry.match('device-000007');
  }
  registry.match('device-000007');
  t.true(readsOf(registry, 'device-000007') < 1000);
  t.deepEqual(registry.match('device-000007'), [worker]);
});

test('a pattern without a prefix walks over all, in order of creation', (t) => {
  const registry = registryOf(1000);
  const ids = registry.match('*7').map(({ id }) => id);
  t.is(ids.length, 100);
  t.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
  );
});

test('reads like a Map from id to worker', (t) => {
  const registry = registryOf(600);
  const [first] = registry.values();
  t.is(registry.get(1), first);
  t.true(registry.has(600));
  t.false(registry.has(601));
  t.is(registry.get(0), undefined);
  t.is([...registry.keys()].length, 600);
  t.deepEqual([...registry.entries()][0], [1, first]);
  let visited = 0;
  registry.forEach((worker, id, map) => {
    visited++;
    t.is(map.get(id), worker);
  });
  t.is(visited, 600);
});
