// Open channels that carry nothing cost nothing: nobody looks, nobody is woken.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

test('ends that wait ask nothing of the event loop, and an item wakes it once', async (t) => {
  const { code, stdout, stderr } = await runFixture('channel-idle.mjs');
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const { isQuiet, idle, later, value, wakeUps } = JSON.parse(stdout);
  t.true(isQuiet);
  t.deepEqual(later, idle);
  t.deepEqual({ value, wakeUps }, { value: 'item', wakeUps: 1 });
});
