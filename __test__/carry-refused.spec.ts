// What cannot reach a thread is refused by `carry`, by variable, path and reason.
import { EventEmitter } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import test from 'ava';
import { BackbeatError, CaptureError } from '../src/errors.ts';
import { carry } from '../src/lane/carried-function.ts';
import type { AnyFunction } from '../src/lane/thread-task.ts';

const three = 3;
const HERE = fileURLToPath(import.meta.url);

test('the error names the variable, the path, the reason and what to do', (t) => {
  const conn = { socket: new Socket() };
  function handler(): unknown {
    return conn;
  }
  const error = refusal(handler);
  t.true(error instanceof BackbeatError);
  t.is(error.code, 'BACKBEAT_CAPTURE');
  t.is(error.variable, 'conn');
  t.is(error.path, 'conn.socket');
  t.is(error.reason, 'a Socket holds a native handle');
  t.is(
    error.message,
    'handler cannot go to a thread: conn.socket: a Socket holds a native handle; ' +
      'open it inside the function, or pass what is needed to open it',
  );
});

class Secret {
  #value = three;
  get(): number {
    return this.#value;
  }
}
const { port1, port2 } = new MessageChannel();
test.after.always(() => {
  port1.close();
  port2.close();
});
const timer = setTimeout(() => {}, 0);
const aborter = new AbortController();

const values: [name: string, value: unknown, reason: RegExp][] = [
  ['a promise', Promise.resolve(1), /^a Promise belongs to the event loop/],
  ['a weak map', new WeakMap(), /^a WeakMap does not show/],
  ['a weak set', new WeakSet(), /^a WeakSet does not show/],
  ['a weak reference', new WeakRef({}), /^a WeakRef does not show/],
  ['a proxy', new Proxy({}, {}), /^a Proxy runs code/],
  ['a proxy of a function', new Proxy(() => 1, {}), /^a Proxy runs code/],
  ['a symbol of its own', Symbol('own'), /^a symbol of its own/],
  ['a generator in the middle', (function* () {})(), /in the middle of a run$/],
  ['an iterator', new Map().entries(), /in the middle of a run$/],
  ['a server', createServer(), /^a Server holds a native handle$/],
  ['a stream', Readable.from([]), /^a Readable holds a native handle$/],
  ['a message port', port1, /^a MessagePort can only be moved$/],
  ['an emitter', new EventEmitter(), /^an EventEmitter has listeners/],
  ['a timer', timer, /^a Timeout holds a native handle$/],
  ['an abort signal', aborter.signal, /^an AbortSignal has listeners/],
  ['an abort controller', aborter, /^an AbortController has listeners/],
  ['an instance with private members', new Secret(), /^a Secret has private members/],
  ['a native function', (() => {}).bind(null), /^a bound function has no source$/],
  ['a date with properties', Object.assign(new Date(0), { a: () => 1 }), /^a Date with properties/],
  ['a number format', new Intl.NumberFormat('en'), /^a NumberFormat is more than/],
  ['headers', new Headers(), /^a Headers /],
];
for (const [name, value, reason] of values) {
  test(`${name}, at any depth`, (t) => {
    const top = refusal(() => value);
    t.is(top.path, 'value');
    t.regex(top.reason, reason);
    const deep = { list: [new Map([['k', { 'a b': value }]])] };
    t.is(refusal(() => deep).path, 'deep.list[0].get("k")["a b"]');
  });
}

test('file streams', async (t) => {
  const reading = createReadStream(HERE);
  t.is(refusal(() => reading).reason, 'a ReadStream holds a native handle');
  reading.destroy();
  const writing = createWriteStream('/dev/null');
  t.is(refusal(() => writing).reason, 'a WriteStream holds a native handle');
  writing.destroy();
});

test('an instance of a subclass of a class of Node', (t) => {
  class Connection extends Socket {}
  const connection = new Connection();
  t.is(refusal(() => connection).reason, 'a Connection holds a native handle');
});

test('what a captured function captured tells whose it is', (t) => {
  const pending = Promise.resolve(1);
  const inner = (): unknown => pending;
  const error = refusal(() => inner());
  t.is(error.variable, 'inner');
  t.is(error.path, 'inner → pending');
});

const assigning: [name: string, fn: AnyFunction][] = (() => {
  let count = 0;
  let pair: [number, number] | number[] = [0, 0];
  return [
    ['an increment', () => count++],
    ['an assignment', () => (count = 1)],
    ['a logical assignment', () => (count ||= 1)],
    ['destructuring', () => ([count = 0] = pair)],
    [
      'a loop head',
      () => {
        for (count of pair);
      },
    ],
    [
      'a nested function',
      () => () => {
        count += 1;
      },
    ],
    [
      'a second variable',
      () => {
        pair = [];
      },
    ],
  ];
})();
for (const [name, fn] of assigning) {
  test(`an assignment to a captured variable: ${name}`, (t) => {
    t.regex(refusal(fn).reason, /assigns to it, but on a thread it has a copy$/);
    t.regex(refusal(fn).message, /return the new value, or keep it in a SharedArrayBuffer$/);
  });
}

test('an assignment inside a captured function', (t) => {
  let calls = 0;
  const counted = (): number => ++calls;
  t.is(refusal(() => counted()).path, 'counted → calls');
});

test('an assignment to a member is an assignment to a copy, and allowed', (t) => {
  const state = { count: 0 };
  t.notThrows(() => carry(() => state.count++));
});

const own = {
  plain: 1,
  method(): unknown {
    return this;
  },
  arrow(): AnyFunction {
    return () => this.plain;
  },
  withArguments(..._values: unknown[]): AnyFunction {
    // biome-ignore lint/complexity/noArguments: that arguments is refused is what is tested
    // biome-ignore lint/correctness/noUndeclaredVariables: the same
    return () => arguments[0];
  },
  withSuper(): unknown {
    return super.toString();
  },
};
const surroundings: [variable: string, fn: AnyFunction][] = [
  ['this', own.method],
  ['this', own.arrow()],
  ['arguments', own.withArguments(1)],
  ['super', own.withSuper],
  ['#value', new Secret().get],
  ['eval(…)', new Function('code', 'return eval(code)') as AnyFunction],
  ['with', new Function('target', 'with (target) { return a; }') as AnyFunction],
  ['import.meta', () => import.meta.resolve('x')],
];
for (const [variable, fn] of surroundings) {
  test(`${variable} of the surroundings, in ${fn.name || 'an arrow function'}`, (t) => {
    t.is(refusal(fn).variable, variable);
  });
}

test('a private name outside its class', (t) => {
  class Holder {
    static #value = three;
    static read(of: typeof Holder): number {
      return of.#value;
    }
  }
  t.is(refusal(Holder.read).variable, '#value');
});

test('new.target of the surroundings', (t) => {
  function outer(): AnyFunction {
    return () => new.target;
  }
  t.regex(refusal(outer()).reason, /^its source cannot be read \('new\.target' can only be used/);
});

test('a name that only the definition of a class used', (t) => {
  const key = `k${three}`;
  class Keyed {
    [key](): number {
      return 1;
    }
  }
  t.is(refusal(() => new Keyed()).path, 'Keyed → key');
});

test('functions without a source', (t) => {
  function named(this: unknown): unknown {
    return this;
  }
  t.is(refusal(named.bind({})).reason, 'a bound function has no source');
  t.is(refusal([].map).reason, 'a native function has no source');
});

test('a name that is not defined', (t) => {
  t.is(refusal(() => missing).reason, 'it is not defined where the function was made');
});

test('data that is nested too deeply', (t) => {
  let list: unknown = null;
  for (let depth = 0; depth < 100_000; depth++) list = { list };
  t.throws(() => carry(() => list), { instanceOf: CaptureError });
});

test('what is refused is refused again', (t) => {
  const pending = Promise.resolve(1);
  const fn = (): unknown => pending;
  t.is(refusal(fn).message, refusal(fn).message);
});

declare const missing: unknown;

function refusal(fn: AnyFunction): CaptureError {
  try {
    carry(fn);
  } catch (error) {
    if (error instanceof CaptureError) return error;
    throw error;
  }
  throw new Error(`${fn} was carried`);
}
