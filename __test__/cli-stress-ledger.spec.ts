import test from 'ava';
import { LatenessRecorder } from '../src/cli/lateness.ts';
import { type Counter, CounterRow, StressLedger } from '../src/cli/stress/ledger.ts';

function books(actors = 1) {
  const counters = new CounterRow(new SharedArrayBuffer(CounterRow.byteLength), 0);
  const lateness = new LatenessRecorder();
  const ledger = new StressLedger(actors, counters, lateness);
  const counted = (...names: Counter[]) => names.map((name) => counters.get(name));
  return { ledger, lateness, counted };
}

test('a one-shot that runs once is finished', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 1);
  t.false(ledger.run(0, 1050.2));
  t.deepEqual(counted('armed', 'fired', 'finished'), [1, 1, 1]);
  t.is(ledger.lost(), 0);
});

test('an actor that never runs is lost', (t) => {
  const { ledger } = books(2);
  ledger.arm(0, 1000, 50, 1);
  ledger.arm(1, 1000, 50, 3);
  t.is(ledger.lost(), 4);
});

test('a one-shot that runs again is doubled', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 1);
  ledger.run(0, 1050);
  ledger.run(0, 1050);
  t.deepEqual(counted('fired', 'finished', 'doubled'), [2, 1, 1]);
});

test('a one-shot before its deadline is early', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 1);
  ledger.run(0, 1049.9);
  t.deepEqual(counted('early', 'doubled', 'finished'), [1, 0, 1]);
});

test('the rounding of a clock reading is not early', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 1);
  ledger.run(0, 1050 - 1e-9);
  t.deepEqual(counted('early'), [0]);
});

test('a recurring actor goes on until its last slot', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 3);
  t.deepEqual(
    [1050, 1101, 1150].map((nowMs) => ledger.run(0, nowMs)),
    [true, true, false],
  );
  t.deepEqual(counted('fired', 'missed', 'early', 'doubled', 'finished'), [3, 0, 0, 0, 1]);
});

test('slots that pass while the loop is busy are missed, not lost', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 4);
  ledger.run(0, 1120);
  ledger.run(0, 1150);
  t.deepEqual(counted('missed', 'fired'), [1, 2]);
  t.is(ledger.lost(), 1);
});

test('a run after the end of the grid finishes the actor', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 3);
  t.false(ledger.run(0, 2000));
  t.deepEqual(counted('missed', 'finished'), [2, 1]);
  t.is(ledger.lost(), 0);
});

test('a second run of one slot is doubled and leaves the next slot alone', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 2);
  ledger.run(0, 1050);
  ledger.run(0, 1051);
  t.false(ledger.run(0, 1100));
  t.deepEqual(counted('doubled', 'early', 'missed'), [1, 0, 0]);
});

test('a recurring run shortly before its slot is early and stands for that slot', (t) => {
  const { ledger, counted } = books();
  ledger.arm(0, 1000, 50, 2);
  ledger.run(0, 1050);
  t.false(ledger.run(0, 1099));
  t.deepEqual(counted('doubled', 'early'), [0, 1]);
});

test('lateness is taken from the slot, not from the run before', (t) => {
  const { ledger, lateness } = books();
  ledger.arm(0, 1000, 50, 2);
  ledger.run(0, 1058);
  ledger.run(0, 1104);
  t.is(Math.round(lateness.summary().max), 8);
  t.is(Math.round(lateness.summary().p50), 4);
});
