import test from 'ava';
import { LatenessRecorder } from '../src/cli/lateness.ts';

function recorded(...latenessMs: number[]): LatenessRecorder {
  const recorder = new LatenessRecorder();
  for (const lateness of latenessMs) recorder.record(lateness);
  return recorder;
}

test('percentiles are right to three digits', (t) => {
  const recorder = recorded(...Array.from({ length: 1000 }, (_, index) => (index + 1) / 100));
  const { p50, p99, p999, max } = recorder.summary();
  for (const [found, expected] of [
    [p50, 5],
    [p99, 9.9],
    [p999, 9.99],
    [max, 10],
  ] as const) {
    t.true(Math.abs(found / expected - 1) < 0.002, `${found} for ${expected}`);
  }
});

test('no percentile lies above the maximum', (t) => {
  const { p999, max } = recorded(1.23456789).summary();
  t.true(p999 <= max);
});

test('nothing recorded is no lateness', (t) => {
  t.deepEqual(recorded().summary(), { p50: 0, p99: 0, p999: 0, max: 0 });
  t.deepEqual(recorded().bins(), []);
});

test('punctual and early callbacks are not late', (t) => {
  t.deepEqual(recorded(0, -3).summary(), { p50: 0, p99: 0, p999: 0, max: 0 });
});

test('bars hold every callback', (t) => {
  const bins = recorded(0, 0.0011, 0.0011, 2.1, 1e9).bins();
  t.is(
    bins.reduce((sum, { count }) => sum + count, 0),
    5,
  );
  t.deepEqual(bins.slice(0, 2), [
    { fromMs: 0, count: 1 },
    { fromMs: 0.001, count: 2 },
  ]);
});

test('recorders of several isolates add up', (t) => {
  const recorder = recorded(1, 2);
  recorder.merge(recorded(4).snapshot());
  recorder.merge(recorded().snapshot());
  t.is(Math.round(recorder.summary().max), 4);
  t.is(
    recorder.bins().reduce((sum, { count }) => sum + count, 0),
    3,
  );
});
