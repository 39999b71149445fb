// No recorded scenario is forgotten, and the table says nothing about scenarios that do not exist.
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { DIFFERENCES, UNRECORDED_DIFFERENCES } from './differences.ts';
import { recordings } from './recorded.ts';

const folder = new URL('.', import.meta.url);
const different = DIFFERENCES.map(({ id }) => id);
const recorded = Object.values(recordings).flatMap(({ ids }) => ids);
const ORIGINS = {
  '000': /faceswap .*lib\/multithreading.*run unmodified/,
  '001': /ACME-oneM2M-CSE .*BackgroundWorker.*run unmodified/,
  '003': /Python Cookbook recipe 19\.20 .*run on CPython 2\.7/,
};

test('every scenario is replayed or different', (t) => {
  const replayed = idsIn(specs().filter((name) => !name.endsWith('differences.spec.ts')));
  const known = new Set([...replayed, ...different]);
  t.deepEqual(
    recorded.filter((id) => !known.has(id)),
    [],
  );
});

test('every scenario that differs has a test of its own', (t) => {
  const tested = idsIn(specs().filter((name) => name.endsWith('differences.spec.ts')));
  t.deepEqual(
    different.filter((id) => !tested.has(id)),
    [],
  );
});

test('the tests and the table name recorded scenarios only', (t) => {
  const named = new Set([...idsIn(specs()), ...different]);
  t.deepEqual(
    [...named].filter((id) => !recorded.includes(id)),
    [],
  );
});

for (const [system, { origin, ids, scenarios }] of Object.entries(recordings)) {
  test(`the fixture of ${system} holds every scenario`, (t) => {
    t.deepEqual(scenarios.map(({ id }) => id).toSorted(), ids.toSorted());
  });

  test(`every scenario of ${system} was observed by running the original`, (t) => {
    t.true(scenarios.every(({ provenance }) => provenance === 'ran'));
    t.regex(origin, ORIGINS[system as keyof typeof ORIGINS]);
  });
}

test('each difference says what the original does, what ours does, and why', (t) => {
  for (const row of [...DIFFERENCES, ...UNRECORDED_DIFFERENCES]) {
    t.true([row.original, row.ours, row.why].every((text) => text.length > 0));
  }
});

function specs(): string[] {
  return readdirSync(folder).filter(
    (name) => name.endsWith('.spec.ts') && name !== 'coverage.spec.ts',
  );
}

/** Ids of scenarios in quotes: titles of tests, and lists that tests are made from. */
function idsIn(names: readonly string[]): Set<string> {
  const sources = names.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  return new Set([...sources.matchAll(/['`](00[013]-[a-z0-9-]+)/g)].map(([, id = '']) => id));
}
