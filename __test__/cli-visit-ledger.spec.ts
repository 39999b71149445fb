import test from 'ava';
import { VisitLedger } from '../src/cli/replay/visit-ledger.ts';

test('a request within the idle time extends the visit', (t) => {
  const ledger = new VisitLedger(1, 10);
  const { visit } = ledger.request(0, 100);
  t.deepEqual(ledger.request(0, 110), { visit, opened: false });
  t.is(ledger.endsAtMs(visit), 120);
});

test('a request after the time-out opens another visit', (t) => {
  const ledger = new VisitLedger(1, 10);
  const { visit } = ledger.request(0, 100);
  t.is(ledger.timeout(visit, 110), 'ended');
  t.true(ledger.request(0, 115).opened);
  t.is(ledger.visits, 2);
});

test('a request that runs before a time-out due earlier opens another visit all the same', (t) => {
  const ledger = new VisitLedger(1, 10);
  const { visit } = ledger.request(0, 100);
  t.true(ledger.request(0, 115).opened);
  t.is(ledger.overtaken, 1);
  t.is(ledger.timeout(visit, 120), 'ended');
  t.is(ledger.active, 1);
});

test('a second time-out of one visit is doubled', (t) => {
  const ledger = new VisitLedger(1, 10);
  const { visit } = ledger.request(0, 100);
  ledger.timeout(visit, 110);
  t.is(ledger.timeout(visit, 111), 'doubled');
  t.is(ledger.doubled, 1);
});

test('a time-out before the instant it was last set to is early', (t) => {
  const ledger = new VisitLedger(1, 10);
  const { visit } = ledger.request(0, 100);
  ledger.request(0, 105);
  t.is(ledger.timeout(visit, 110), 'early');
  t.is(ledger.early, 1);
});

test('active clients and their peak are counted', (t) => {
  const ledger = new VisitLedger(2, 10);
  const { visit } = ledger.request(0, 100);
  ledger.request(1, 101);
  ledger.timeout(visit, 110);
  t.is(ledger.active, 1);
  t.is(ledger.peakActive, 2);
});
