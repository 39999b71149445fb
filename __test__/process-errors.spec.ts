// Errors of callbacks and ends of the process, each compared with what Node's own timers do.
import { once } from 'node:events';
import test from 'ava';
import {
  endOf,
  hasWritten,
  runSource,
  runSourceOnNodeTimers,
  startSource,
} from './fixtures/program-run.ts';

const HOUR_MS = 3_600_000;

/** `code` is stated as well, so that a change of both is noticed. */
for (const [title, code, source] of [
  [
    'an uncaught error ends the process',
    1,
    `after(1, () => { throw new Error('boom'); }); after(${HOUR_MS}, () => undefined);`,
  ],
  ['an uncaught null ends the process', 1, 'after(1, () => { throw null; });'],
  [
    'an error in the handler of uncaught errors ends the process',
    7,
    `process.on('uncaughtException', () => { throw new Error('again'); });
     after(1, () => { throw new Error('boom'); });`,
  ],
  [
    'a handler gets every uncaught error once, and the rest of the batch runs',
    0,
    `process.on('uncaughtException', (error, origin) => console.log(String(error), origin));
     for (const value of [new TypeError('first'), null, undefined, 'text', 0, Symbol('last')]) {
       after(1, () => { throw value; });
       after(1, () => console.log('next'));
     }`,
  ],
  [
    'a handler may arm again',
    0,
    `process.on('uncaughtException', () => after(1, () => console.log('armed in the handler')));
     after(1, () => { throw new Error('boom'); });`,
  ],
  [
    'a callback set for capturing gets the error',
    0,
    `process.setUncaughtExceptionCaptureCallback((error) => console.log(error.message));
     after(1, () => { throw new Error('boom'); }); after(1, () => console.log('next'));`,
  ],
  [
    'an unhandled rejection ends the process',
    1,
    `after(1, async () => { throw new Error('boom'); });`,
  ],
  [
    'a handler gets every unhandled rejection once',
    0,
    `process.on('unhandledRejection', (reason) => console.log(reason.message));
     after(1, async () => { throw new Error('first'); });
     after(1, async () => { throw new Error('second'); });
     after(1, () => console.log('next'));`,
  ],
  [
    'process.exit ends with its code, actors pending or not',
    42,
    `after(${HOUR_MS}, () => undefined); after(1, () => process.exit(42));
     after(1, () => console.log('not reached'));`,
  ],
  ['process.exitCode is kept', 3, 'after(1, () => { process.exitCode = 3; });'],
  [
    'an actor armed while the process ends does not fire',
    0,
    `process.on('exit', () => after(0, () => console.log('not reached'))); after(1, () => undefined);`,
  ],
] as const) {
  test.serial(`${title}, as with Node's timers`, async (t) => {
    const [ours, nodes] = await Promise.all([runSource(source), runSourceOnNodeTimers(source)]);
    t.is(ours.code, code);
    t.is(ours.signal, null);
    t.deepEqual([ours.code, ours.stdout], [nodes.code, nodes.stdout]);
    t.true(ours.elapsedMs < 2000, `${ours.elapsedMs} ms`);
  });
}

test.serial('an uncaught error is printed with its stack', async (t) => {
  const { stderr } = await runSource(`after(1, function tick() { throw new Error('boom'); });`);
  t.regex(stderr, /Error: boom\n {4}at tick /);
});

test.serial('an error of a recurring actor does not stop it', async (t) => {
  const { code, stdout } = await runSource(`
    process.on('uncaughtException', (error) => console.log(error.message));
    let ticks = 0;
    const handle = every(2, () => {
      if (++ticks === 3) cancel(handle);
      throw new Error(String(ticks));
    });
  `);
  t.deepEqual({ code, stdout }, { code: 0, stdout: '1\n2\n3\n' });
});

test.serial('an error of the dispatcher itself is not swallowed', async (t) => {
  const { code, stdout } = await runSource(`
    const { NativeIsolate, memoryLayout } = native();
    process.on('uncaughtException', (error) => console.log(error.message));
    const isolate = new NativeIsolate(new ArrayBuffer(memoryLayout().bufferBytes), () => {
      throw new Error('fault of our own');
    });
    isolate.dispatchAgain();
    setTimeout(() => isolate.close(), 50);
  `);
  t.deepEqual({ code, stdout }, { code: 0, stdout: 'fault of our own\n' });
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test.serial(`${signal} ends a process with pending actors`, async (t) => {
    const child = startSource(`every(1, () => undefined); after(${HOUR_MS}, () => undefined);
      after(5, () => console.log('armed'));`);
    await hasWritten(child, 'armed');
    child.kill(signal);
    t.deepEqual(await once(child, 'exit'), [null, signal]);
  });

  test.serial(`a handler of ${signal} may end it in its own way`, async (t) => {
    const child = startSource(`
      process.on('${signal}', () => after(1, () => process.exit(9)));
      every(1, () => undefined);
      after(5, () => console.log('armed'));`);
    const [end] = await Promise.all([
      endOf(child),
      hasWritten(child, 'armed').then(() => child.kill(signal)),
    ]);
    t.deepEqual({ code: end.code, signal: end.signal }, { code: 9, signal: null });
  });
}
