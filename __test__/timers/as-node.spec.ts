// Each program prints the same and ends the same with Node's timers and with ours.
import test from 'ava';
import { REGISTER, runBothWays, runProgram } from './both-ways.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
  'equal delays run in the order of setting, shorter ones first': `
    for (const delay of [400, 1, 1.1, 0, 1.8, undefined, '200', -5, 200.9, 200]) {
      setTimeout(() => console.log(delay), delay);
    }`,

  'nextTicks and microtasks run between two timers': `
    for (const name of ['first', 'second']) {
      setTimeout(() => {
        console.log(name);
        queueMicrotask(() => console.log(name, 'microtask'));
        process.nextTick(() => console.log(name, 'tick'));
        Promise.resolve().then(() => process.nextTick(() => console.log(name, 'tick of microtask')));
      }, 1);
    }
    const until = performance.now() + 20;
    while (performance.now() < until);`,

  'an error does not stop the others and is told once': `
    process.on('uncaughtException', (error, origin) => console.log('caught', error, origin));
    for (const thrown of [new Error('one').message, null, undefined, 7]) {
      setTimeout(() => { throw thrown; }, 1);
      setTimeout(() => console.log('next'), 1);
    }`,

  'an error in a nextTick or a microtask of a timer does not stop the others': `
    process.on('uncaughtException', (error) => console.log('caught', error));
    process.on('unhandledRejection', (error) => console.log('rejected', error));
    setTimeout(() => process.nextTick(() => { throw 'tick'; }), 1);
    setTimeout(() => queueMicrotask(() => { throw 'microtask'; }), 3);
    setTimeout(async () => { throw 'promise'; }, 5);
    setTimeout(() => console.log('last'), 20);`,

  'an error that nobody catches ends the process': `
    setTimeout(() => { throw new Error('end'); }, 1);
    setTimeout(() => console.log('never'), 50);`,

  'process.exit in a callback ends at once': `
    setTimeout(() => process.exit(3), 1);
    setTimeout(() => console.log('never'), 1);`,

  "a timer is the callback's this, and gets its arguments": `
    const kinds = [[], [1], [undefined], [[1, 2]], [1, 'two'], [1, 2, 3, 4, 5]];
    for (const args of kinds) {
      const timeout = setTimeout(function (...got) {
        console.log(this === timeout, got.length, got, this._timerArgs);
      }, 1, ...args);
    }`,

  'a callback that is no function is refused': `
    for (const set of [setTimeout, setInterval]) {
      for (const callback of [undefined, null, 'code', {}, 7]) {
        try { set(callback, 1); } catch (error) { console.log(error.name, error.code, error.message); }
      }
    }`,

  'delays are read the same, and warned of the same': `
    process.on('warning', ({ name, message }) => console.log(name, message));
    const delays = [
      0, -0, 1, 0.5, 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -1, -7, NaN, Infinity, -Infinity, null,
      '5', '0x10', 'five', '', true, [], [9], {}, new Date(40), { valueOf: () => 12 }, undefined,
    ];
    for (const set of [setTimeout, setInterval]) {
      for (const delay of delays) {
        const timeout = set(() => {}, delay);
        console.log(timeout._idleTimeout, timeout._repeat);
        clearTimeout(timeout);
      }
      for (const delay of [Symbol('s'), 5n]) {
        try { set(() => {}, delay); } catch (error) { console.log(String(error)); }
      }
    }`,

  'clearing takes objects, numbers and numeric strings': `
    const never = () => console.log('never');
    clearTimeout(setTimeout(never, 1));
    clearTimeout(+setTimeout(never, 1));
    clearTimeout(String(+setTimeout(never, 1)));
    clearInterval(setTimeout(never, 1));
    clearTimeout(setInterval(never, 1));
    clearTimeout(setImmediate(() => console.log('an immediate is not cleared')));
    clearImmediate(+setTimeout(() => console.log('not by clearImmediate'), 1));
    const number = +setTimeout(() => console.log('not by other spellings'), 1);
    clearTimeout('0' + number);
    clearTimeout(number + '.0');
    clearTimeout({ [Symbol.toPrimitive]: () => number });
    clearTimeout({ _onTimeout: 5 });`,

  'clearing odd values does nothing': `
    const odd = [undefined, null, 0, -1, NaN, '', 'x', true, {}, [], () => {}, Symbol('s'), 5n];
    for (const clear of [clearTimeout, clearInterval]) {
      clear();
      for (const value of odd) clear(value);
    }
    console.log('no error');`,

  'a callback clears another that is due': `
    const timeouts = ['a', 'b', 'c'].map((name) => setTimeout(() => {
      console.log(name);
      clearTimeout(timeouts[1]);
    }, 1));
    const until = performance.now() + 20;
    while (performance.now() < until);`,

  'an interval ends by clear, close, dispose, null and -1': `
    const ends = {
      clear: (interval) => clearInterval(interval),
      close: (interval) => interval.close(),
      repeat: (interval) => { interval._repeat = null; },
      idle: (interval) => { interval._idleTimeout = -1; },
      callback: (interval) => { interval._onTimeout = null; },
    };
    const runs = {};
    process.on('exit', () => console.log(runs));
    const start = ([[name, end], ...rest]) => {
      runs[name] = 0;
      const interval = setInterval(() => {
        if (++runs[name] < 2) return;
        end(interval);
        if (rest.length > 0) start(rest);
      }, 1);
    };
    start(Object.entries(ends));`,

  'a timeout becomes an interval by _repeat': `
    let runs = 0;
    const timeout = setTimeout(() => {
      console.log(++runs, timeout._idleTimeout);
      if (runs === 3) clearTimeout(timeout);
    }, 1);
    timeout._repeat = 2;`,

  'many timers of one turn, some cleared, refreshed and let go in it': `
    let sum = 0;
    const order = [];
    const never = () => console.log('never');
    const cleared = [];
    for (let index = 0; index < 3000; index++) {
      if (index % 3 === 0) clearTimeout(setTimeout(never, 200 + index % 7));
      if (index % 5 === 0) cleared.push(setTimeout(never, 250));
      if (index % 11 === 0) setTimeout(never, 60_000).unref().refresh();
      const timeout = setTimeout((at) => { sum += at; order.push(at); }, 300, index);
      if (index % 2 === 0) timeout.unref().ref();
    }
    for (const timeout of cleared) clearTimeout(timeout);
    process.on('exit', () => {
      console.log(order.length, sum, order.every((at, place) => at === place));
    });`,

  'an error after a burst of timers leaves them armed': `
    process.on('uncaughtException', (error) => console.log('caught', error.message));
    setTimeout(() => {
      for (let index = 0; index < 50; index++) setTimeout(() => { if (index === 49) console.log('last'); }, 150);
      throw new Error('one');
    }, 1);`,

  'refresh puts a pending timer off': `
    const start = performance.now();
    const timeout = setTimeout(() => console.log('fired', performance.now() - start > 2000), 1000);
    const putOff = () => {
      timeout.refresh();
      if (performance.now() - start < 1200) setTimeout(putOff, 20);
      else console.log('put off long enough', timeout.refresh() === timeout);
    };
    putOff();`,

  'refresh runs a timer again that has run': `
    let runs = 0;
    const timeout = setTimeout(() => {
      console.log(++runs, timeout._destroyed);
      if (runs < 3) setImmediate(() => timeout.refresh());
    }, 1);`,

  'refresh inside the callback': `
    let runs = 0;
    const timeout = setTimeout(() => {
      console.log(++runs);
      if (runs < 3) timeout.refresh();
    }, 1);`,

  'refresh does not revive what was cleared': `
    const timeout = setTimeout(() => console.log('never'), 1);
    clearTimeout(timeout);
    timeout.refresh();
    console.log(timeout._destroyed, timeout._idleTimeout);`,

  'unref lets the process end, ref holds it': `
    const lost = setTimeout(() => console.log('never'), 1000).unref();
    const held = setTimeout(() => console.log('held'), 10).unref().ref();
    console.log(lost.hasRef(), held.hasRef());
    setInterval(() => console.log('never'), 1000).unref();`,

  'unref in the callback of an interval': `
    let runs = 0;
    const interval = setInterval(() => {
      console.log(++runs);
      if (runs === 3) interval.unref();
    }, 1);`,

  'timers of beforeExit run, unref ones do not': `
    let rounds = 0;
    process.on('beforeExit', () => {
      if (++rounds > 2) return setTimeout(() => console.log('never'), 1).unref();
      setTimeout(() => console.log('round', rounds), 1);
    });`,

  'an error in a timer of a domain goes to the domain': `
    import domain from 'node:domain';
    const inside = domain.create();
    inside.on('error', (error) => console.log('domain', error.message, process.domain === inside));
    inside.run(() => setTimeout(() => { throw new Error('mine'); }, 1));
    setTimeout(() => console.log(process.domain ?? 'none'), 10);`,

  'a timer is destroyed after its last run': `
    const timeout = setTimeout(() => console.log('inside', timeout._destroyed), 1);
    setTimeout(() => console.log('after', timeout._destroyed, timeout._idlePrev, timeout._idleNext), 20);
    const cleared = setTimeout(() => {}, 1);
    clearTimeout(cleared);
    console.log(cleared._destroyed, !cleared._onTimeout, cleared._idleTimeout);`,

  'the fields and methods of a Timeout': `
    const timeout = setTimeout(() => {}, 1);
    const proto = Object.getPrototypeOf(timeout);
    console.log(timeout.constructor.name, Object.getPrototypeOf(proto) === Object.prototype);
    for (const name of ['refresh', 'ref', 'unref', 'hasRef', 'close', Symbol.toPrimitive]) {
      console.log(String(name), typeof timeout[name], name in proto, timeout[name].length);
    }
    console.log(typeof timeout[Symbol.dispose ?? Symbol.for('nodejs.dispose')]);`,

  'inspect shows the same': `
    import { inspect } from 'node:util';
    const show = (timer) => console.log(inspect(timer)
      .replace(/(_idleStart: )\\S+/, '$1#,')
      .replace(/(\\(asyncId\\)\\]?: )\\d+/, '$1#')
      .replace(/(\\(triggerId\\)\\]?: )\\d+/, '$1#')
      .replace(/[^\\n]*kAsyncContextFrame[^\\n]*\\n/, '')
      .replace(/,(?=\\n})/, ''));
    const timeout = setTimeout(function named() {}, 5, 'argument');
    show(timeout);
    timeout.unref();
    +timeout;
    show(timeout);
    show(setInterval(() => {}, 7.5).unref());
    console.log(inspect({ deep: { timeout } }).includes('_idleTimeout'));`,

  'a blocked loop gives an interval one tick': `
    let ticks = 0;
    const interval = setInterval(() => { ticks++; }, 5);
    setImmediate(() => {
      const until = performance.now() + 60;
      while (performance.now() < until);
      const look = () => {
        if (ticks === 0) return setImmediate(look);
        console.log(ticks);
        clearInterval(interval);
      };
      setImmediate(look);
    });`,

  'time-outs of seconds keep their order when the loop blocks beyond them': `
    // Code that has run before sets time-outs so close together that they are a burst.
    for (let count = 0; count < 20_000; count++) clearTimeout(setTimeout(() => {}, 60_000));
    setImmediate(() => {
      for (const delay of [1990, 2025, 2055, 2035, 2040, 2000, 2020, 2060, 2010, 2030, 2032]) {
        setTimeout(() => console.log(delay), delay);
      }
      clearTimeout(setTimeout(() => console.log('cleared'), 2000));
      const until = performance.now() + 2200;
      while (performance.now() < until);
    });`,

  'an interval that takes longer than it is lets immediates run': `
    const interval = setInterval(() => {
      const until = performance.now() + 5;
      while (performance.now() < until);
    }, 1);
    let turns = 0;
    const turn = () => {
      if (++turns < 20) setImmediate(turn);
      else clearInterval(interval);
    };
    setImmediate(turn);
    process.on('exit', () => console.log(turns));`,

  'the globals are as they were': `
    for (const name of ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval']) {
      const { writable, enumerable, configurable, value } =
        Object.getOwnPropertyDescriptor(globalThis, name);
      console.log(name, writable, enumerable, configurable, value.name);
    }`,

  'a worker has timers of its own': `
    import { Worker, isMainThread, parentPort } from 'node:worker_threads';
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      worker.on('message', (message) => console.log(message));
      worker.on('exit', (code) => console.log('exit', code));
    } else {
      setTimeout(() => parentPort.postMessage('from the worker'), 1);
    }`,

  "a terminated worker's timers are gone": `
    import { Worker, isMainThread, parentPort } from 'node:worker_threads';
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      worker.once('message', async () => console.log(await worker.terminate()));
    } else {
      setInterval(() => parentPort.postMessage('tick'), 1);
    }`,
};

for (const [title, source] of Object.entries(PROGRAMS)) {
  test.serial(title, async (t) => {
    const { node, ours } = await runBothWays(source);
    t.is(ours.stdout, node.stdout);
    t.is(ours.code, node.code);
    t.not(node.code, null);
  });
}

test.serial('an error that nobody catches aborts when that is asked for', async (t) => {
  const flags = ['--import', REGISTER, '--abort-on-uncaught-exception'];
  const { signal, stderr } = await runProgram(
    `setTimeout(() => { throw new Error('nobody catches it'); }, 1);`,
    flags,
  );
  t.is(signal, 'SIGABRT');
  t.regex(stderr, /nobody catches it/);
  const handled = await runProgram(
    `process.on('uncaughtException', () => console.log('caught'));
    setTimeout(() => { throw new Error('caught'); }, 1);`,
    flags,
  );
  t.is(handled.stdout, 'caught\n');
});
