// No recorded scenario of the systems on threads is forgotten, and none is named that does not exist.
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { THREAD_DIFFERENCES, UNRECORDED_THREAD_DIFFERENCES } from './differences.ts';
import { recordings } from './recorded-threads.ts';

const folder = new URL('.', import.meta.url);
const titles = readdirSync(folder)
  .filter((name) => /^(fan-out|ordered)-(agreeing|differences)\.spec\.ts$/.test(name))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');
const tested = new Set(
  [...titles.matchAll(/(?:serial|onLinux)\(\s*['`](00[24]-[a-z0-9-]+)/g)].map(([, id]) => id),
);
const recorded = recordings.flatMap(({ ids }) => ids);

test('every recorded scenario has a test, or a row that says why it has none', (t) => {
  const without = THREAD_DIFFERENCES.filter(({ ours }) => ours.includes('not in a test'));
  const known = new Set([...tested, ...without.map(({ id }) => id)]);
  t.deepEqual(
    recorded.filter((id) => !known.has(id)),
    [],
  );
});

test('tests and table name recorded scenarios only', (t) => {
  const named = [...tested, ...THREAD_DIFFERENCES.map(({ id }) => id)];
  t.deepEqual(
    named.filter((id) => id !== undefined && !recorded.includes(id)),
    [],
  );
});

test('every scenario was observed by running the original', (t) => {
  for (const { origin, scenarios, ids } of recordings) {
    t.regex(origin, /run unmodified/);
    t.is(scenarios.length, ids.length);
    t.true(scenarios.every(({ provenance }) => provenance === 'ran'));
  }
});

test('each difference says what the original does, what ours does, and why', (t) => {
  for (const row of [...THREAD_DIFFERENCES, ...UNRECORDED_THREAD_DIFFERENCES]) {
    t.true([row.original, row.ours, row.why].every((text) => text.length > 0));
  }
});
