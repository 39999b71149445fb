// Closing a scheduler, also from inside its own callbacks.
import test from 'ava';
import { Scheduler } from '../src/index.ts';
import { runModule } from './fixtures/child-module.ts';
import { manualScheduler } from './fixtures/manual-scheduler.ts';

test('nothing fires after close, and arming throws', (t) => {
  const { clock, scheduler } = manualScheduler();
  const handle = scheduler.after(10, () => t.fail());
  scheduler.close();
  clock.advance(100);
  t.is(scheduler.pending(), 0);
  t.false(scheduler.cancel(handle));
  t.false(scheduler.rearm(handle, 5));
  t.is(scheduler.deadlineOf(handle), undefined);
  for (const arm of [
    () => scheduler.after(1, () => {}),
    () => scheduler.every(1, () => {}),
    () => scheduler.at(1, () => {}),
    () => scheduler.schedule(1, () => {}),
    () => scheduler.afterAll([1], () => {}),
  ]) {
    t.throws(arm, { code: 'BACKBEAT_CLOSED' });
  }
});

test('close twice, and close of one that was never used', (t) => {
  const { scheduler } = manualScheduler();
  scheduler.close();
  t.notThrows(() => scheduler.close());
  t.is(scheduler.stats().pending, 0);
});

test('using closes', (t) => {
  const { scheduler } = manualScheduler();
  {
    using closing = scheduler;
    closing.after(1, () => {});
  }
  t.throws(() => scheduler.after(1, () => {}), { code: 'BACKBEAT_CLOSED' });
});

test('closed inside a callback: the rest of the batch does not fire', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  scheduler.after(1, () => {
    seen.push('closing');
    scheduler.close();
  });
  scheduler.after(1, () => t.fail());
  clock.advance(5);
  t.deepEqual(seen, ['closing']);
  t.is(clock.now(), 5);
});

test('closed inside a tick: no further tick', (t) => {
  const { clock, scheduler, seen } = manualScheduler();
  scheduler.every(1, () => {
    seen.push(clock.now());
    scheduler.close();
  });
  clock.advance(5);
  t.deepEqual(seen, [1]);
});

test('in real time, closed inside a callback: no error, and the process ends', async (t) => {
  const end = await runModule(
    `import { Scheduler } from 'backbeat/scheduler';
     for (const arm of ['after', 'every']) {
       const scheduler = new Scheduler();
       for (let at = 0; at < 5; at++) scheduler[arm](5, () => {
         process.stdout.write(arm + ' ');
         scheduler.close();
       });
     }`,
  );
  t.deepEqual(end, { code: 0, stdout: end.stdout, stderr: '' });
  t.deepEqual(end.stdout.trim().split(' ').toSorted(), ['after', 'every']);
});

test('one scheduler closed does not disturb another', async (t) => {
  const first = new Scheduler();
  using second = new Scheduler();
  first.after(5, () => t.fail());
  const fired = new Promise<void>((resolve) => {
    second.after(10, () => resolve());
  });
  first.close();
  await fired;
  t.pass();
});
