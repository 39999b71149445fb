// Finding, stopping and removing workers by name.
import test from 'ava';
import { BackgroundWorkerPool } from '../src/index.ts';
import { poolOnManualClock } from './fixtures/pool-on-manual-clock.ts';

const HOSTILE = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  '\0',
  '💥\u{1f}',
];

function makeWorkers(...names: string[]): void {
  for (const name of names) BackgroundWorkerPool.newWorker(60, () => {}, { name });
}

const namesOf = (workers: readonly { name: string | undefined }[]): unknown[] =>
  workers.map(({ name }) => name);

for (const name of HOSTILE) {
  test.serial(`${JSON.stringify(name)} is a name like any other`, (t) => {
    poolOnManualClock(t);
    makeWorkers(...HOSTILE);
    const escaped = name.replace(/[*?+[\\]/g, '\\$&');
    const found = namesOf(BackgroundWorkerPool.findWorkers(escaped));
    t.deepEqual(found, name === '' ? HOSTILE : [name]);
  });
}

test.serial('names that nobody has are not found', (t) => {
  poolOnManualClock(t);
  makeWorkers('a');
  for (const name of HOSTILE.slice(0, 4)) {
    t.deepEqual(BackgroundWorkerPool.findWorkers(name), []);
    t.deepEqual(BackgroundWorkerPool.findWorkers(`${name}*`), []);
  }
});

test.serial('a name may be taken more than once', (t) => {
  poolOnManualClock(t);
  makeWorkers('twin', 'other', 'twin');
  t.deepEqual(namesOf(BackgroundWorkerPool.findWorkers('twin')), ['twin', 'twin']);
});

test.serial('stopWorkers stops what matches and returns all of it', (t) => {
  poolOnManualClock(t);
  makeWorkers('a1', 'a2', 'b1');
  for (const worker of BackgroundWorkerPool.findWorkers('?1')) worker.start();
  t.deepEqual(namesOf(BackgroundWorkerPool.stopWorkers('a?')), ['a1', 'a2']);
  t.deepEqual(namesOf(BackgroundWorkerPool.findWorkers(undefined, true)), ['b1']);
});

test.serial('stopWorkers without a name stops all, also those without a name', (t) => {
  poolOnManualClock(t);
  makeWorkers('a');
  BackgroundWorkerPool.newWorker(60, () => {});
  for (const worker of BackgroundWorkerPool.findWorkers()) worker.start();
  t.is(BackgroundWorkerPool.stopWorkers().length, 2);
  t.is(BackgroundWorkerPool.workerTimer, undefined);
});

test.serial('removeWorkers takes them out, also with dispose false', (t) => {
  poolOnManualClock(t);
  const kept = BackgroundWorkerPool.newWorker(60, () => {}, { name: 'kept', dispose: false });
  kept.start();
  makeWorkers('other');
  t.deepEqual(BackgroundWorkerPool.removeWorkers('k*'), [kept]);
  t.false(kept.running);
  t.deepEqual(namesOf(BackgroundWorkerPool.findWorkers()), ['other']);
});

test.serial('a removed worker that starts again is back', (t) => {
  const clock = poolOnManualClock(t);
  let runs = 0;
  const worker = BackgroundWorkerPool.newWorker(60, () => runs++, { name: 'w' });
  BackgroundWorkerPool.removeWorkers('w');
  worker.start();
  clock.advance(0);
  t.is(runs, 1);
  t.deepEqual(namesOf(BackgroundWorkerPool.findWorkers('w')), ['w']);
});

for (const running of [undefined, true, false]) {
  test.serial(`the running filter ${running} works with a pattern`, (t) => {
    poolOnManualClock(t);
    makeWorkers('a-on', 'a-off', 'b-on');
    for (const worker of BackgroundWorkerPool.findWorkers('*-on')) worker.start();
    const found = namesOf(BackgroundWorkerPool.findWorkers('a-*', running));
    const expected = { undefined: ['a-on', 'a-off'], true: ['a-on'], false: ['a-off'] };
    t.deepEqual(found, expected[`${running}`]);
  });
}

test.serial('a pattern with a backslash at its end is no error', (t) => {
  poolOnManualClock(t);
  makeWorkers('a\\', 'a');
  t.deepEqual(namesOf(BackgroundWorkerPool.findWorkers('a\\')), ['a\\']);
});

test.serial('what is found is a snapshot', (t) => {
  poolOnManualClock(t);
  makeWorkers('a', 'b');
  const found = BackgroundWorkerPool.findWorkers();
  BackgroundWorkerPool.removeWorkers('a');
  t.is(found.length, 2);
});

test.serial('a finished actor is not found any more', (t) => {
  const clock = poolOnManualClock(t);
  for (let at = 0; at < 500; at++) {
    BackgroundWorkerPool.newActor(() => {}, { name: `a${at}`, delay: at / 1000 }).start();
  }
  t.is(BackgroundWorkerPool.findWorkers('a*').length, 500);
  clock.advance(249);
  t.is(BackgroundWorkerPool.findWorkers('a*').length, 250);
  t.is(BackgroundWorkerPool.backgroundWorkers.size, 250);
});
