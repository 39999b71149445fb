// Callbacks that throw, and what runs between two callbacks. In processes of their own: an error
// ends in uncaughtException.
import test from 'ava';
import { runModule } from './fixtures/child-module.ts';

const EVENTS = `
  const events = [];
  process.on('uncaughtException', (error) => events.push('error ' + error.message));
  const finish = (ms) => setTimeout(() => console.log(events.join(', ')), ms);
`;

for (const [what, clock] of [
  ['in real time', ''],
  ['on a manual clock', 'clock'],
] as const) {
  const scheduler = `
    import { ManualClock, Scheduler } from 'backbeat/scheduler';
    ${EVENTS}
    const clock = new ManualClock();
    const scheduler = new Scheduler({ ${clock} });
  `;

  test(`the rest of the batch runs after a throw, each error is seen once, ${what}`, async (t) => {
    const { code, stdout, stderr } = await runModule(`${scheduler}
      const due = scheduler.now() + 20;
      for (const name of ['a', 'b', 'c', 'd']) {
        scheduler.schedule(due, () => {
          events.push(name);
          if (name === 'b' || name === 'c') throw new Error(name);
        });
      }
      finish(200);
      clock.advance(100);
    `);
    t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    t.is(stdout, 'a, b, error b, c, error c, d\n');
  });

  test(`a tick that throws goes on ticking, ${what}`, async (t) => {
    const { stdout } = await runModule(`${scheduler}
      let ticks = 0;
      const handle = scheduler.every(10, () => {
        if (++ticks === 3) scheduler.cancel(handle);
        throw new Error('tick ' + ticks);
      });
      finish(300);
      clock.advance(100);
    `);
    t.is(stdout, 'error tick 1, error tick 2, error tick 3\n');
  });
}

test('without a handler the error ends the process, with its stack', async (t) => {
  const { code, stdout, stderr } = await runModule(`
    import { after } from 'backbeat/scheduler';
    after(5, () => { throw new TypeError('nobody listens'); });
    after(50, () => console.log('too late'));
  `);
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, /TypeError: nobody listens/);
});

test('what is thrown may be anything', async (t) => {
  const { stdout } = await runModule(`
    import { after } from 'backbeat/scheduler';
    process.on('uncaughtException', (thrown) => console.log(String(thrown)));
    for (const thrown of [undefined, null, 'text', 5]) after(5, () => { throw thrown; });
  `);
  t.is(stdout, 'undefined\nnull\ntext\n5\n');
});

test('a rejected promise of a callback is an unhandled rejection', async (t) => {
  const { stdout } = await runModule(`
    import { after } from 'backbeat/scheduler';
    process.on('unhandledRejection', (error) => console.log(error.message));
    after(5, async () => { throw new Error('async'); });
  `);
  t.is(stdout, 'async\n');
});

test('nextTicks and microtasks run between two callbacks, as with setTimeout', async (t) => {
  const body = (arm: string): string => `
    const events = [];
    for (const name of ['a', 'b']) {
      ${arm}(() => {
        events.push(name);
        queueMicrotask(() => events.push(name + ' microtask'));
        process.nextTick(() => events.push(name + ' tick'));
        Promise.resolve().then(() => events.push(name + ' promise'));
      });
    }
    setTimeout(() => console.log(events.join(', ')), 150);
  `;
  const ours = await runModule(`
    import { now, schedule } from 'backbeat/scheduler';
    const due = now() + 20;
    ${body('((callback) => schedule(due, callback))')}
  `);
  const nodes = await runModule(body('((callback) => setTimeout(callback, 20))'));
  t.is(ours.stdout, nodes.stdout);
  t.is(ours.stdout, 'a, a tick, a microtask, a promise, b, b tick, b microtask, b promise\n');
});
