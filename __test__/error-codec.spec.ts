// What of an error is still there after it was plain data.
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { types } from 'node:util';
import test from 'ava';
import { BackbeatError, InvalidArgumentError, SchedulerClosedError } from '../src/errors.ts';
import { decodeError, encodeError, registerErrorClass } from '../src/lane/error-codec.ts';
import {
  codecMemory,
  decodeValue,
  encodeValue,
  UncloneableError,
} from '../src/lane/value-codec.ts';

interface Loose extends Error {
  // biome-ignore lint/suspicious/noExplicitAny: any error with any properties
  [key: string]: any;
}

const memory = codecMemory(new ArrayBuffer(1 << 20));

/** Through bytes, as between threads. */
function cross(error: unknown, callerStack?: string): unknown {
  if (encodeValue(memory, 0, 1 << 20, encodeError(error, 'thread 7')) <= 0)
    throw new Error('no bytes');
  return decodeError(decodeValue(memory, 0), callerStack);
}

function caught(action: () => unknown): Loose {
  try {
    action();
  } catch (error) {
    return error as Loose;
  }
  throw new Error('nothing was thrown');
}

const builtIn = test.macro((t, error: Error) => {
  const copy = cross(error) as Loose;
  t.not(copy, error);
  t.is(Object.getPrototypeOf(copy), Object.getPrototypeOf(error));
  t.is(copy.name, error.name);
  t.is(copy.message, error.message);
  t.is(copy.stack, error.stack);
  t.is(types.isNativeError(copy), types.isNativeError(error));
  t.deepEqual(Reflect.ownKeys(copy).sort(), Reflect.ownKeys(error).sort());
});

for (const Class of [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
]) {
  test(`${Class.name} stays one`, builtIn, new Class('went wrong'));
}
test('an error without a message stays without one', builtIn, new Error());
test('a BackbeatError keeps its class', builtIn, new SchedulerClosedError());
test('an InvalidArgumentError keeps what it is about', (t) => {
  const copy = cross(
    new InvalidArgumentError('delayMs', Number.NaN, 'a number'),
  ) as InvalidArgumentError;
  t.true(copy instanceof InvalidArgumentError && copy instanceof BackbeatError);
  t.is(copy.code, 'BACKBEAT_INVALID_ARGUMENT');
  t.is(copy.argument, 'delayMs');
  t.is(copy.value, Number.NaN);
});

test('an AssertionError keeps what was compared', (t) => {
  const copy = cross(caught(() => assert.deepStrictEqual({ a: 1 }, { a: 2 }))) as Loose;
  t.true(copy instanceof assert.AssertionError);
  t.is(copy.code, 'ERR_ASSERTION');
  t.deepEqual([copy.actual, copy.expected, copy.operator], [{ a: 1 }, { a: 2 }, 'deepStrictEqual']);
});

test('an error of Node keeps class and code', (t) => {
  const error = caught(() => Buffer.alloc('x' as unknown as number));
  const copy = cross(error) as Loose;
  t.is(copy.code, 'ERR_INVALID_ARG_TYPE');
  t.true(copy instanceof TypeError);
  t.is(copy.constructor, TypeError);
  t.is(copy.stack, error.stack);
});

test('an error of the system keeps what failed', (t) => {
  const copy = cross(caught(() => readFileSync('/no/such/file'))) as Loose;
  t.like(copy, { code: 'ENOENT', syscall: 'open', path: '/no/such/file' });
  t.is(typeof copy.errno, 'number');
});

test('the reason of an AbortSignal stays an AbortError', (t) => {
  const copy = cross(AbortSignal.abort().reason) as DOMException;
  t.true(copy instanceof DOMException);
  t.is(copy.name, 'AbortError');
  t.is(copy.code, 20);
});

test('an AggregateError keeps its errors, whatever they are', (t) => {
  const inner = new RangeError('a');
  const copy = cross(new AggregateError([inner, 'b', undefined, inner], 'all')) as AggregateError;
  t.true(copy instanceof AggregateError);
  t.is(copy.errors.length, 4);
  t.true(copy.errors[0] instanceof RangeError);
  t.is(copy.errors[0], copy.errors[3]);
  t.deepEqual(copy.errors.slice(1, 3), ['b', undefined]);
  t.false(Object.getOwnPropertyDescriptor(copy, 'errors')?.enumerable);
});

class QuotaError extends RangeError {
  readonly limit: number;
  constructor(limit: number) {
    if (typeof limit !== 'number') throw new Error('the constructor is not for others');
    super(`over ${limit}`);
    this.limit = limit;
  }
  get twice(): number {
    return this.limit * 2;
  }
}

test('a registered class is restored without its constructor', (t) => {
  registerErrorClass(QuotaError);
  registerErrorClass(QuotaError);
  const copy = cross(new QuotaError(5)) as QuotaError;
  t.true(copy instanceof QuotaError);
  t.is(copy.twice, 10);
});

test('a class that nobody knows leaves its name and its nearest known class', (t) => {
  class Unknown extends TypeError {}
  class Deeper extends Unknown {
    override name = 'Deep';
  }
  const copy = cross(new Deeper('x')) as Loose;
  t.false(copy instanceof Unknown);
  t.true(copy instanceof TypeError);
  t.is(copy.constructor.name, 'Deeper');
  t.is(Object.getPrototypeOf(copy.constructor).name, 'Unknown');
  t.is(copy.name, 'Deep');
  t.is((cross(new Deeper('y')) as Loose).constructor, copy.constructor);
});

test('a name is for one class', (t) => {
  class Taken extends Error {}
  registerErrorClass(Taken);
  const error = t.throws(() => registerErrorClass(class extends Error {}, 'Taken'), {
    instanceOf: InvalidArgumentError,
  });
  t.is(error?.argument, 'name');
  t.throws(() => registerErrorClass(Map as never), { code: 'BACKBEAT_INVALID_ARGUMENT' });
});

test('own properties and the chain of causes are kept', (t) => {
  const root = Object.assign(new RangeError('root'), { code: 'E_ROOT', details: { at: [1, 2] } });
  const copy = cross(
    new Error('outer', { cause: new TypeError('middle', { cause: root }) }),
  ) as Loose;
  const middle = copy.cause as Error;
  t.true(middle instanceof TypeError);
  t.true(middle.cause instanceof RangeError);
  t.like(middle.cause, { message: 'root', code: 'E_ROOT', details: { at: [1, 2] } });
  t.false(Object.getOwnPropertyDescriptor(copy, 'cause')?.enumerable);
});

test('errors that point to each other still do', (t) => {
  const first = new Error('first') as Loose;
  const second = new Error('second', { cause: first }) as Loose;
  first.cause = second;
  first.self = first;
  const copy = cross(first) as Loose;
  t.is((copy.cause as Error).cause, copy);
  t.is(copy.self, copy);
  t.is((copy.cause as Error).message, 'second');
});

test('a cause that is no error is kept', (t) => {
  t.deepEqual((cross(new Error('x', { cause: { a: [1] } })) as Error).cause, { a: [1] });
  t.true('cause' in (cross(new Error('x', { cause: undefined })) as Error));
});

test('a chain of ten thousand causes is cut, and says so', (t) => {
  let error = new Error('0');
  for (let index = 1; index < 10_000; index++) error = new Error(String(index), { cause: error });
  let copy = cross(error) as Loose;
  let length = 1;
  for (; copy.cause instanceof Error; length++) copy = copy.cause as Loose;
  t.true(length > 50 && length < 100);
  t.regex(String(copy.cause), /nested too deeply/);
  t.is((copy.uncloneable as string[]).length, 1);
});

test('what cannot be cloned is described and listed', (t) => {
  const error = Object.assign(new Error('x'), {
    socket: new Socket(),
    request: { headers: [{ on: () => {} }] },
    shared: new SharedArrayBuffer(8),
    kept: 5,
  });
  Object.defineProperty(error, 'broken', {
    enumerable: true,
    get() {
      throw new RangeError('no');
    },
  });
  const copy = cross(error) as Loose;
  t.is(copy.kept, 5);
  t.is(copy.socket, '[a Socket holds a native handle]');
  t.deepEqual(copy.uncloneable, [
    'socket: a Socket holds a native handle',
    'request.headers[0].on: a function, on',
    'shared: something that is shared or moved, which errors do not carry',
    'broken: a getter that throws RangeError: no',
  ]);
});

test('the stack of the thread is followed by the one of the caller', (t) => {
  const error = new TypeError('wrong');
  error.stack = 'TypeError: wrong\n    at work (file:///job.js:3:5)';
  const caller =
    'Error: made to remember\nwith two lines\n    at submit (file:///main.js:9:1)\n    at file:///main.js:20:1';
  t.is(
    (cross(error, caller) as Error).stack,
    [
      'TypeError: wrong',
      '    at work (file:///job.js:3:5)',
      '    at (thread 7)',
      '    at submit (file:///main.js:9:1)',
      '    at file:///main.js:20:1',
    ].join('\n'),
  );
});

test('only the outermost error gets the stack of the caller', (t) => {
  const copy = cross(
    new Error('x', { cause: new Error('y') }),
    'Error\n    at caller (a.js:1:1)',
  ) as Error;
  t.regex(copy.stack!, /at caller/);
  t.notRegex((copy.cause as Error).stack!, /at caller/);
});

for (const value of ['text', undefined, null, 0, -0, 5n, { a: [1] }, [1, 2], new Map([[1, 2]])]) {
  test(`thrown ${typeof value} ${JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))} ${Object.is(value, -0) ? 'negative' : ''} is itself`, (t) => {
    t.deepEqual(cross(value), value);
  });
}

test('something thrown that cannot be cloned becomes an error with its path', (t) => {
  const copy = cross({ items: [{ run: () => {} }] }) as UncloneableError;
  t.true(copy instanceof UncloneableError);
  t.is(copy.code, 'BACKBEAT_UNCLONEABLE');
  t.is(copy.path, 'thrown.items[0].run');
  t.true(cross(Symbol('s')) instanceof UncloneableError);
  t.true(cross(() => {}) instanceof UncloneableError);
});

const hostile: Record<string, () => unknown> = {
  'a getter for everything that throws': () => {
    const error = new Error('x');
    String(error.stack); // made now, or making it would call the getters
    for (const key of ['name', 'message', 'stack', 'cause', 'errors', 'code', 'constructor']) {
      Object.defineProperty(error, key, {
        enumerable: true,
        get() {
          throw new Error(`no ${key}`);
        },
      });
    }
    return error;
  },
  'a message that is no string': () =>
    Object.assign(new Error(), {
      message: {
        toString() {
          throw new Error();
        },
      },
    }),
  'a stack that is no string': () => Object.assign(new Error('x'), { stack: () => {} }),
  'a proxy that throws': () =>
    new Proxy(new Error('x'), {
      get() {
        throw new Error('trap');
      },
      ownKeys() {
        throw new Error('trap');
      },
      getPrototypeOf() {
        throw new Error('trap');
      },
    }),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
    revoke();
    return proxy;
  },
  'a proxy around an error': () => new Proxy(new Error('x'), {}),
  'a prototype that is a proxy': () =>
    Object.setPrototypeOf(
      new Error('x'),
      new Proxy(Error.prototype, {
        getPrototypeOf() {
          throw new Error('trap');
        },
      }),
    ),
  'no prototype': () => Object.setPrototypeOf(new Error('x'), null),
  'a class without a name': () =>
    new (class extends Error {
      static override name = undefined as never;
    })('x'),
  'a thousand thousand properties': () =>
    Object.assign(
      new Error('x'),
      Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`p${i}`, i])),
    ),
};

for (const [title, make] of Object.entries(hostile)) {
  test(`never fails: ${title}`, (t) => {
    const copy = cross(make());
    t.true(copy instanceof Error);
    t.is(typeof (copy as Error).message, 'string');
  });
}

test('a huge stack is cut', (t) => {
  const error = new Error('x');
  error.stack = 'x'.repeat(10_000_000);
  const { stack } = cross(error) as Error;
  t.true(stack!.length < 40_000);
  t.regex(stack!, /more characters$/);
});

test('an error without a stack has none afterwards', (t) => {
  const error = new Error('x');
  delete (error as { stack?: string }).stack;
  t.false('stack' in (cross(error) as object) && Object.hasOwn(cross(error) as object, 'stack'));
});

test('data that is no error is told apart', (t) => {
  for (const data of [
    undefined,
    null,
    5,
    {},
    { kind: 'error' },
    { kind: 'error', links: 5, properties: [] },
  ]) {
    t.like(decodeError(data), { code: 'BACKBEAT_CORRUPT_VALUE' });
  }
});
