// What `backbeat/register` replaces, how it is undone, and who else may take the timers over.
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { REGISTER, runProgram } from './both-ways.ts';

const FROM_REGISTER = `import { isRegistered, register, unregister } from '${REGISTER}';`;
const IS_OURS = `
  const isOurs = (set) => {
    const timeout = set(() => {}, 1);
    clearTimeout(timeout);
    return Object.getOwnPropertySymbols(timeout).every((symbol) => symbol.description !== 'refed');
  };`;

async function prints(t: ExecutionContext, source: string, lines: unknown[]) {
  const { code, stdout, stderr } = await runProgram(source);
  t.is(withoutExperimental(stderr), '');
  t.deepEqual(stdout.trim().split('\n'), lines.map(String));
  t.is(code, 0);
}

/** Node warns of its own mock timers, and of `require` of a module, as far as they are new. */
function withoutExperimental(stderr: string): string {
  return stderr.replace(/.*(ExperimentalWarning|--trace-warnings).*\n/g, '');
}

test.serial('the globals, require and both kinds of import hand out ours', (t) =>
  prints(
    t,
    `${FROM_REGISTER}
    import { createRequire } from 'node:module';
    import timers, { setTimeout as named, setInterval as namedInterval } from 'node:timers';
    import promises, { setTimeout as promised, scheduler } from 'node:timers/promises';
    ${IS_OURS}
    const require = createRequire(import.meta.url);
    for (const set of [setTimeout, setInterval, named, namedInterval, timers.setTimeout]) {
      console.log(isOurs(set));
    }
    console.log(require('timers').setTimeout === named, require('node:timers').setTimeout === named);
    console.log(require('timers/promises').setTimeout === promised, promises.setTimeout === promised);
    console.log(timers.promises.setTimeout === promised, promises.scheduler === scheduler);`,
    [true, true, true, true, true, 'true true', 'true true', 'true true'],
  ),
);

test.serial('globals that are accessors are replaced and given back, as Deno has them', (t) =>
  prints(
    t,
    `const before = setTimeout;
    Object.defineProperty(globalThis, 'setTimeout', {
      get: () => before, set: () => {}, configurable: true, enumerable: true,
    });
    const { isRegistered, unregister } = await import('${REGISTER}');
    console.log(isRegistered(), setTimeout === before);
    unregister();
    const { get } = Object.getOwnPropertyDescriptor(globalThis, 'setTimeout');
    console.log(setTimeout === before, typeof get);`,
    ['true false', 'true function'],
  ),
);

test.serial('unregister gives back the very functions', (t) =>
  prints(
    t,
    `import timers from 'node:timers';
    import promises from 'node:timers/promises';
    const names = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'];
    const look = () => [
      ...names.map((name) => globalThis[name]), ...Object.values(timers), ...Object.values(promises),
    ];
    const before = look();
    const { unregister, register } = await import('${REGISTER}');
    const during = look();
    unregister();
    const after = look();
    register();
    const again = look();
    const same = (one, other) => one.every((value, at) => value === other[at]);
    console.log(same(before, during), same(before, after), same(during, again));`,
    ['false true true'],
  ),
);

test.serial('a second registration and a second undoing are refused', (t) =>
  prints(
    t,
    `${FROM_REGISTER}
    const attempt = (action) => {
      try { action(); console.log('done', isRegistered()); } catch ({ code }) { console.log(code); }
    };
    [register, unregister, unregister, register, register].forEach(attempt);`,
    [
      'BACKBEAT_REGISTRATION',
      'done false',
      'BACKBEAT_REGISTRATION',
      'done true',
      'BACKBEAT_REGISTRATION',
    ],
  ),
);

test.serial('another copy of the package is noticed', (t) =>
  prints(
    t,
    `import { createRequire } from 'node:module';
    ${FROM_REGISTER}
    const { cache } = createRequire(import.meta.url);
    for (const file of Object.keys(cache)) delete cache[file];
    await import('${REGISTER}?copy').catch(({ code }) => console.log(code));`,
    ['BACKBEAT_REGISTRATION'],
  ),
);

test.serial("timers of before are cleared by ours, and ours by Node's", (t) =>
  prints(
    t,
    `const never = () => console.log('never');
    const old = [setTimeout(never, 60_000), setInterval(never, 60_000)];
    const byNumber = +setTimeout(never, 60_000);
    const { unregister } = await import('${REGISTER}');
    old.forEach(clearTimeout);
    clearTimeout(byNumber);
    const ours = [setTimeout(never, 60_000), setInterval(never, 60_000)];
    const running = setTimeout(() => console.log('still runs'), 20);
    unregister();
    ours.forEach(clearInterval);
    console.log(ours.every((timer) => timer._destroyed));`,
    [true, 'still runs'],
  ),
);

for (const flag of ['--import', '-r']) {
  test.serial(`node ${flag} works, also for CommonJS, and workers inherit it`, async (t) => {
    const { code, stdout, stderr } = await runProgram(
      `const { Worker, isMainThread } = require('node:worker_threads');
      ${IS_OURS}
      console.log(isOurs(setTimeout), isOurs(require('timers').setInterval));
      if (isMainThread) new Worker(__filename);`,
      [flag, fileURLToPath(REGISTER)],
      'cjs',
    );
    t.is(withoutExperimental(stderr), '');
    t.is(stdout, 'true true\ntrue true\n');
    t.is(code, 0);
  });
}

test.serial('the mock timers of node:test take over and give back', (t) =>
  prints(
    t,
    `${FROM_REGISTER}
    import { mock } from 'node:test';
    import nodeTimers from 'node:timers';
    const ours = [setTimeout, nodeTimers.setTimeout, setInterval];
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const seen = [];
    setTimeout(() => seen.push('mocked'), 60_000);
    const interval = nodeTimers.setInterval(() => seen.push('tick'), 30_000);
    mock.timers.tick(60_000);
    nodeTimers.clearInterval(interval);
    console.log(seen.join());
    try { unregister(); } catch ({ code }) { console.log(code); }
    mock.timers.reset();
    console.log([setTimeout, nodeTimers.setTimeout, setInterval].every((f, at) => f === ours[at]));
    setTimeout(() => { unregister(); console.log('real again'); }, 1);`,
    ['tick,mocked,tick', 'BACKBEAT_REGISTRATION', true, 'real again'],
  ),
);

test.serial('mock timers that were there first are given back', (t) =>
  prints(
    t,
    `import { mock } from 'node:test';
    mock.timers.enable({ apis: ['setTimeout'] });
    const mocked = setTimeout;
    const { unregister } = await import('${REGISTER}');
    setTimeout(() => {
      console.log('ours runs');
      unregister();
      console.log(setTimeout === mocked);
      mock.timers.reset();
    }, 1);`,
    ['ours runs', true],
  ),
);

test.serial('a timer works after the globals are gone', (t) =>
  prints(
    t,
    `${FROM_REGISTER}
    const { setTimeout: set } = globalThis;
    const log = console.log;
    globalThis.process = {};
    globalThis.performance = undefined;
    delete globalThis.setTimeout;
    set(() => log('runs'), 1);`,
    ['runs'],
  ),
);

test.serial('registering starts no thread and loads no binary', (t) =>
  prints(
    t,
    `${FROM_REGISTER}
    import { readdirSync } from 'node:fs';
    const loaded = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
    console.log(loaded.length);`,
    [0],
  ),
);
