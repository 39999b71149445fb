// Results of a fan-out on their way from a thread to the caller.
import type { Transferable } from 'node:worker_threads';
import test from 'ava';
import { type RangeMessage, RangeReport, type ResultRun } from '../src/fan-out/range-report.ts';
import { valuesOf } from '../src/fan-out/result-reader.ts';

type Sent = Extract<RangeMessage, { runs: unknown }>;

/** A report whose messages are cloned as by a port, and what has come of them. */
function reportTo(sent: Sent[]): RangeReport {
  const postMessage = (message: unknown, transfer: readonly Transferable[] = []): void => {
    sent.push(structuredClone(message as Sent, { transfer: [...transfer] }));
  };
  return new RangeReport({ postMessage }, () => undefined);
}

function byId(runs: readonly ResultRun[]): unknown[] {
  const results: unknown[] = [];
  for (const run of runs) {
    const values = valuesOf(run);
    for (let index = 0; index < values.length; index++) {
      results[run.firstId + index] = values[index];
    }
  }
  return results;
}

test('results of ids that are not successive share one page of bytes', (t) => {
  const sent: Sent[] = [];
  const report = reportTo(sent);
  const values = Array.from({ length: 50 }, (_, index) => ({
    index,
    text: 'x'.repeat(index % 10),
  }));
  for (const [index, value] of values.entries()) report.add(2 * index, value);
  report.send();
  t.is(sent.length, 1);
  const runs = sent[0]?.runs ?? [];
  t.is(runs.length, 50);
  t.is(new Set(runs.map((run) => run.is === 'encoded' && run.bytes)).size, 1);
  t.deepEqual(
    byId(runs).filter((value) => value !== undefined),
    values,
  );
});

test('values of all kinds arrive under their ids, in whatever order kinds and gaps come', (t) => {
  const sent: Sent[] = [];
  const report = reportTo(sent);
  const kinds: ((id: number) => unknown)[] = [
    (id) => id,
    () => undefined,
    (id) => `text ${id}`,
    (id) => ({ id }),
    // Larger than a page, and than the largest one.
    (id) => `${id} `.repeat(4000),
    (id) => `${id} `.repeat(100_000),
    // What only a port can carry.
    (id) => new Map([[id, new Set([id])]]),
  ];
  const expected: unknown[] = [];
  for (let step = 0, id = 0; step < 400; step++) {
    const make = kinds[(step * step + (step >> 3)) % kinds.length] as (id: number) => unknown;
    expected[id] = make(id);
    report.add(id, expected[id]);
    if (step % 37 === 0) report.send();
    id += step % 5 === 0 ? 3 : 1;
  }
  report.send();
  t.deepEqual(byId(sent.flatMap(({ runs }) => runs)), expected);
});

test('many numbers in a row are moved, a few are copied', (t) => {
  const sent: Sent[] = [];
  const report = reportTo(sent);
  for (let id = 0; id < 3; id++) report.add(id, id / 2);
  for (let id = 10; id < 1000; id++) report.add(id, id / 2);
  report.send();
  const [few, many] = sent[0]?.runs ?? [];
  t.deepEqual(few, { is: 'numbers', firstId: 0, values: [0, 0.5, 1] });
  t.true(many?.is === 'numbers' && many.values instanceof Float64Array);
  t.is(byId(sent[0]?.runs ?? [])[999], 499.5);
});

test('a value that cannot be sent fails alone, those before and behind it arrive', (t) => {
  const sent: Sent[] = [];
  const report = reportTo(sent);
  report.add(0, 'before');
  report.add(1, () => 'a function');
  report.add(2, 'behind');
  report.send();
  const runs = sent.flatMap((message) => message.runs);
  t.is(runs.find(({ firstId }) => firstId === 1)?.is, 'failure');
  t.deepEqual(byId(runs), ['before', null, 'behind']);
});
