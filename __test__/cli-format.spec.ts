import test from 'ava';
import { formatCount, formatDuration, formatShare } from '../src/cli/format.ts';

test('counts are grouped by thousands', (t) => {
  t.is(formatCount(1_234_567), '1,234,567');
});

for (const [durationMs, text] of [
  [0, '0 ms'],
  [0.0123, '12.3 µs'],
  [0.123, '123 µs'],
  [0.9999, '1.00 ms'],
  [1.234, '1.23 ms'],
  [123.4, '123 ms'],
  [999.9, '1.00 s'],
  [15_100, '15.1 s'],
] as const) {
  test(`${durationMs} ms is written as ${text}`, (t) => {
    t.is(formatDuration(durationMs), text);
  });
}

test('a share is a percentage without rounding noise', (t) => {
  t.is(formatShare(0.07), '7%');
});
