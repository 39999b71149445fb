// The asynchronous context and async_hooks, with Node's timers and with ours.
import test from 'ava';
import { runBothWays } from './both-ways.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
  'AsyncLocalStorage reaches the callbacks': `
    import { AsyncLocalStorage } from 'node:async_hooks';
    const storage = new AsyncLocalStorage();
    const show = (what) => console.log(what, storage.getStore());
    show('outside');
    storage.run('first', () => {
      setTimeout(show, 1, 'timeout');
      let runs = 0;
      const interval = setInterval(() => {
        show('interval');
        if (++runs === 2) clearInterval(interval);
      }, 80);
    });
    setTimeout(show, 30, 'none');
    storage.run({ of: 'object' }, () => setTimeout(show, 400, 'object'));`,

  'what a callback enters is not seen by the next': `
    import { AsyncLocalStorage } from 'node:async_hooks';
    const storage = new AsyncLocalStorage();
    setTimeout(() => { storage.enterWith('mine'); console.log(storage.getStore()); }, 1);
    setTimeout(() => console.log(storage.getStore()), 1);
    setTimeout(() => console.log(storage.getStore()), 10);`,

  'a timer that is refreshed after its end runs in the context of the refresh': `
    import { AsyncLocalStorage } from 'node:async_hooks';
    const storage = new AsyncLocalStorage();
    const timeout = storage.run('made', () => setTimeout(() => console.log(storage.getStore()), 1));
    setTimeout(() => storage.run('refreshed', () => timeout.refresh()), 20);`,

  'a pending timer keeps its context when it is refreshed': `
    import { AsyncLocalStorage } from 'node:async_hooks';
    const storage = new AsyncLocalStorage();
    const timeout = storage.run('made', () => setTimeout(() => console.log(storage.getStore()), 10));
    storage.run('refreshed', () => timeout.refresh());`,

  'the context is that of the timer when its error is told': `
    import { AsyncLocalStorage } from 'node:async_hooks';
    const storage = new AsyncLocalStorage();
    process.on('uncaughtException', (error) => console.log(error, storage.getStore()));
    storage.run('first', () => setTimeout(() => { throw 'error'; }, 1));
    setTimeout(() => console.log(storage.getStore()), 10);`,

  'async_hooks sees a Timeout with its events': `
    import { createHook, executionAsyncId } from 'node:async_hooks';
    import { writeSync } from 'node:fs';
    const events = new Map();
    const say = (event, id) => events.get(id)?.push(event);
    createHook({
      init(id, type, trigger, resource) {
        if (type !== 'Timeout') return;
        events.set(id, ['init', resource.constructor.name, trigger === executionAsyncId()]);
      },
      before: (id) => say('before', id),
      after: (id) => say('after', id),
      destroy: (id) => say('destroy', id),
    }).enable();
    setTimeout(() => {}, 1);
    clearTimeout(setTimeout(() => {}, 1));
    let runs = 0;
    const interval = setInterval(() => { if (++runs === 2) clearInterval(interval); }, 5);
    const again = setTimeout(() => {}, 1);
    setTimeout(() => again.refresh(), 50);
    setTimeout(() => {}, 100);
    process.on('exit', () => {
      for (const [, what] of events) writeSync(1, what.join(' ') + '\\n');
    });`,

  'the execution resource is the timer': `
    import { executionAsyncId, executionAsyncResource, triggerAsyncId } from 'node:async_hooks';
    const outer = setTimeout(() => {
      const id = executionAsyncId();
      console.log(executionAsyncResource() === outer, id === +outer);
      setTimeout(() => console.log(triggerAsyncId() === id), 1);
    }, 1);`,

  'an async context of the first timer is not lent to others': `
    import { AsyncLocalStorage } from 'node:async_hooks';
    const storage = new AsyncLocalStorage();
    storage.run('first', () => setTimeout(() => {}, 1));
    setTimeout(() => {
      console.log(storage.getStore());
      Promise.resolve().then(() => console.log(storage.getStore()));
      process.nextTick(() => console.log(storage.getStore()));
    }, 5);`,
};

for (const [title, source] of Object.entries(PROGRAMS)) {
  test.serial(title, async (t) => {
    const { node, ours } = await runBothWays(source);
    t.is(ours.stdout, node.stdout);
    t.is(ours.code, 0);
  });
}
