// What keeps a process alive, and what it costs to import the package.
import test from 'ava';
import { runSource } from './fixtures/program-run.ts';

const HOUR_MS = 3_600_000;
/** An end is at once when it takes less, the start of the process included. */
const AT_ONCE_MS = 2000;

const linuxTest = process.platform === 'linux' ? test.serial : test.skip;

linuxTest('importing starts no thread, the first arming starts one, closing ends it', async (t) => {
  const { stdout } = await runSource(`
    import { readdirSync } from 'node:fs';
    const countThreads = () => readdirSync('/proc/self/task').length;
    const before = countThreads();
    await import('${new URL('../dist/index.js', import.meta.url)}');
    defaultScheduler();
    const idle = countThreads() - before;
    await new Promise((resolve) => after(1, resolve));
    const armed = countThreads() - before;
    defaultScheduler().close();
    while (native().hasTimerThread()) await new Promise((resolve) => setImmediate(resolve));
    console.log(idle, armed, await goesBackTo(before));
    async function goesBackTo(count) {
      const untilMs = performance.now() + 5000;
      while (countThreads() > count && performance.now() < untilMs) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      return countThreads() - count;
    }
  `);
  t.is(stdout, '0 1 0\n');
});

for (const [title, source] of [
  ['importing', ''],
  ['an idle scheduler', 'new Scheduler();'],
  ['a scheduler whose actors have fired', 'after(1, () => undefined);'],
  [
    'a scheduler whose actors were cancelled',
    `cancel(after(${HOUR_MS}, () => undefined)); cancel(every(1, () => undefined));`,
  ],
  [
    'a scheduler that was closed',
    `after(${HOUR_MS}, () => undefined); defaultScheduler().close();`,
  ],
  ['an actor that is unref', `unref(after(${HOUR_MS}, () => undefined));`],
  ['a recurring actor that is unref', 'unref(every(1, () => undefined));'],
  ['a pool whose workers never started', 'BackgroundWorkerPool.newWorker(1, () => undefined);'],
  [
    'a pool whose workers were stopped',
    `const worker = BackgroundWorkerPool.newWorker(1, () => undefined).start(); worker.stop();`,
  ],
  [
    'a pool whose worker is paused',
    `BackgroundWorkerPool.newWorker(1, () => undefined, { startWithDelay: true }).start().pause();`,
  ],
  [
    'a pool whose workers do not hold the process',
    `BackgroundWorkerPool.newWorker(1, () => undefined, { ref: false, startWithDelay: true }).start();
     BackgroundWorkerPool.newActor(() => undefined, { delay: '1h' }).start().unref();`,
  ],
] as const) {
  test.serial(`${title} does not hold the process`, async (t) => {
    const { code, signal, stderr, elapsedMs } = await runSource(source);
    t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    t.true(elapsedMs < AT_ONCE_MS, `${elapsedMs} ms`);
  });
}

for (const [title, source] of [
  ['an actor', `after(50, () => console.log('fired'));`],
  [
    'a recurring actor',
    `let ticks = 0;
     const handle = every(10, () => { if (++ticks === 3) { cancel(handle); console.log('fired'); } });`,
  ],
  [
    'an actor of the pool',
    `BackgroundWorkerPool.newActor(() => console.log('fired'), { delay: '50ms' }).start();`,
  ],
  [
    'a worker of the pool',
    `BackgroundWorkerPool.newWorker('10ms', () => undefined, {
       maxCount: 3,
       finished: () => console.log('fired'),
     }).start();`,
  ],
  [
    'an actor that is ref again',
    `ref(unrefd()); function unrefd() {
     const handle = after(50, () => console.log('fired')); unref(handle); return handle; }`,
  ],
  [
    'an actor of the pool that is ref again',
    `BackgroundWorkerPool.newActor(() => console.log('fired'), { delay: '50ms', ref: false }).start().ref();`,
  ],
  [
    'one of many that are unref',
    `for (let i = 0; i < 100; i++) unref(after(${HOUR_MS}, () => undefined));
     after(50, () => console.log('fired'));`,
  ],
  [
    'an actor armed when the process is about to end',
    `process.once('beforeExit', () => after(20, () => console.log('fired')));`,
  ],
] as const) {
  test.serial(`${title} holds the process until it fires`, async (t) => {
    const { code, signal, stdout, stderr } = await runSource(source);
    t.deepEqual(
      { code, signal, stdout, stderr },
      { code: 0, signal: null, stdout: 'fired\n', stderr: '' },
    );
  });
}

test.serial('ref and unref may be called twice', async (t) => {
  const { stdout } = await runSource(`
    const handle = after(${HOUR_MS}, () => undefined);
    const seen = [hasRef(handle)];
    seen.push(unref(handle), unref(handle), hasRef(handle), ref(handle), ref(handle), hasRef(handle));
    seen.push(unref(handle), hasRef(handle));
    console.log(seen.join(' '));
  `);
  t.is(stdout, 'true true true false true true true true false\n');
});

test.serial('an actor that is unref fires when something else holds the process', async (t) => {
  const { stdout } = await runSource(`
    unref(after(5, () => console.log('fired')));
    setTimeout(() => undefined, 100);
  `);
  t.is(stdout, 'fired\n');
});

test.serial('an actor of a callback that is unref later does not hold the process', async (t) => {
  const { code, elapsedMs } = await runSource(`
    const handle = after(${HOUR_MS}, () => undefined);
    after(5, () => unref(handle));
  `);
  t.is(code, 0);
  t.true(elapsedMs < AT_ONCE_MS, `${elapsedMs} ms`);
});

test('to unref an actor in the callback of another due with it lets go of no third one', async (t) => {
  const { code, stdout } = await runSource(`
    const due = scheduler.now() + 20;
    scheduler.schedule(due, () => unref(second));
    const second = scheduler.schedule(due, () => {});
    scheduler.schedule(due + 100, () => console.log('held'));
  `);
  t.deepEqual({ code, stdout }, { code: 0, stdout: 'held\n' });
});
