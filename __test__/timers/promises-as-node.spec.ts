// `timers/promises`, Node's and ours.
import test from 'ava';
import { runBothWays } from './both-ways.ts';

const SETTLE = `
  const settle = async (what, promise) => {
    try {
      console.log(what, 'value', await promise);
    } catch (error) {
      console.log(what, error.name, error.code, error.message, error.cause?.message ?? error.cause);
    }
  };`;

const PROGRAMS: Readonly<Record<string, string>> = {
  'values, and arguments that are refused': `
    import { setImmediate, setInterval, setTimeout, scheduler } from 'node:timers/promises';
    ${SETTLE}
    const aborted = AbortSignal.abort('reason');
    const options = [
      undefined, {}, { ref: true }, null, 1, 'x', [], { ref: 1 }, { ref: null }, { signal: 1 },
      { signal: null }, { signal: {} }, { signal: aborted }, { signal: AbortSignal.abort() },
    ];
    for (const [at, option] of options.entries()) {
      await settle('timeout ' + at, setTimeout(1, 'value', option));
      await settle('immediate ' + at, setImmediate('value', option));
      await settle('interval ' + at, setInterval(1, 'value', option).next());
      try {
        await settle('wait ' + at, scheduler.wait(1, option));
      } catch (error) {
        console.log('thrown', error.code);
      }
    }
    for (const delay of [undefined, '1', null, {}, NaN, -1]) {
      await settle(delay, setTimeout(delay, 'value'));
      await settle(delay, setInterval(delay, 'value').next());
    }
    await settle('no arguments', setTimeout());
    process.exit();`,

  'promisify gives the function of timers/promises': `
    import timers, { promises } from 'node:timers';
    import { promisify } from 'node:util';
    import * as named from 'node:timers/promises';
    for (const name of ['setTimeout', 'setImmediate']) {
      console.log(promisify(globalThis[name]) === named[name], timers.promises[name] === named[name]);
    }
    console.log(promises.setInterval === named.setInterval, await promisify(setTimeout)(1, 'value'));`,

  'abort clears the timer and leaves no listener': `
    import { getEventListeners } from 'node:events';
    import { setInterval, setTimeout, scheduler } from 'node:timers/promises';
    ${SETTLE}
    const { signal, abort } = Object.assign(new AbortController(), {});
    const controller = new AbortController();
    const waits = [
      settle('timeout', setTimeout(60_000, 'x', { signal: controller.signal })),
      settle('interval', setInterval(60_000, 'x', { signal: controller.signal }).next()),
      settle('wait', scheduler.wait(60_000, { signal: controller.signal })),
    ];
    console.log(getEventListeners(controller.signal, 'abort').length);
    controller.abort(new Error('reason'));
    await Promise.all(waits);
    console.log(getEventListeners(controller.signal, 'abort').length);
    await setTimeout(1, 'x', { signal });
    console.log(getEventListeners(signal, 'abort').length);`,

  'a listener that stops the event does not keep a wait from its end': `
    import { setTimeout } from 'node:timers/promises';
    ${SETTLE}
    const controller = new AbortController();
    controller.signal.addEventListener('abort', (event) => event.stopImmediatePropagation());
    const wait = settle('wait', setTimeout(60_000, 'x', { signal: controller.signal }));
    controller.abort();
    await wait;`,

  'ref: false lets the process end': `
    import { setInterval, setTimeout, scheduler } from 'node:timers/promises';
    setTimeout(1000, 'x', { ref: false }).then(console.log);
    setInterval(1000, 'x', { ref: false }).next().then(console.log);
    scheduler.wait(1000, { ref: false }).then(console.log);`,

  'an interval yields what fell due meanwhile, and ends by return and break': `
    import { setInterval } from 'node:timers/promises';
    const interval = setInterval(20, 'tick');
    console.log(await interval.next());
    const until = performance.now() + 10;
    while (performance.now() < until);
    console.log(await interval.next(), await interval.return('end'), await interval.next());
    let rounds = 0;
    for await (const value of setInterval(1, rounds)) {
      console.log(value);
      if (++rounds === 3) break;
    }`,

  'an interval that is aborted by a slow consumer ends': `
    import { setInterval, setTimeout } from 'node:timers/promises';
    const controller = new AbortController();
    let rounds = 0;
    try {
      for await (const _ of setInterval(5, 'x', { signal: controller.signal })) {
        await setTimeout(20);
        if (++rounds === 2) controller.abort();
      }
    } catch (error) {
      console.log(error.name, rounds >= 2);
    }`,

  'no promise is settled twice': `
    import { setInterval } from 'node:timers/promises';
    process.on('multipleResolves', (kind) => console.log(kind));
    const interval = setInterval(1);
    await interval.next();
    await interval.next();
    await interval.return();`,

  'the scheduler': `
    import { scheduler } from 'node:timers/promises';
    ${SETTLE}
    await settle('yield', scheduler.yield());
    await settle('wait', scheduler.wait(1));
    const attempts = [
      () => new scheduler.constructor(),
      () => scheduler.yield.call({}),
      () => scheduler.wait.call({}, 1),
    ];
    for (const attempt of attempts) {
      try {
        await attempt();
      } catch (error) {
        console.log(error.name, error.code);
      }
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
