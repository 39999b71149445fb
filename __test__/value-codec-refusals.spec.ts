// What no thread can be given is refused by its path; what a port can carry is told apart.
import { createSecretKey } from 'node:crypto';
import * as namespace from 'node:fs';
import { Socket } from 'node:net';
import test from 'ava';
import {
  codecMemory,
  decodeValue,
  encodeOwn,
  encodeValue,
  NEEDS_PORT,
  UncloneableError,
} from '../src/lane/value-codec.ts';

declare const WebAssembly: { Module: new (bytes: Uint8Array) => object };

const memory = codecMemory(new ArrayBuffer(1 << 16));

const refused = test.macro((t, value: unknown, path: string, reason: RegExp) => {
  t.throws(() => structuredClone(value), { any: true }, 'structured clone takes it');
  const error = t.throws(() => encodeValue(memory, 0, 1 << 16, value, 'result'), {
    instanceOf: UncloneableError,
    code: 'BACKBEAT_UNCLONEABLE',
  });
  t.is(error?.path, path);
  t.regex(error?.reason ?? '', reason);
  t.true(error?.message.startsWith(`${path}: `));
  t.throws(() => encodeOwn(value), { instanceOf: UncloneableError });
});

function onDone(): void {}
function* counting(): Generator<number> {
  yield 1;
}
function argumentsOf(..._given: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: it is what is tested
  return arguments;
}
class Connection {
  readonly socket: Socket = new Socket();
}
const moved = new ArrayBuffer(8);
structuredClone(moved, { transfer: [moved] });
const throwing = {
  items: [
    {
      get broken(): never {
        throw new RangeError('not now');
      },
    },
  ],
};

test('a function', refused, onDone, 'result', /^a function, onDone$/);
test('a nameless function', refused, { a: [(() => () => {})()] }, 'result.a[0]', /^a function$/);
test('a symbol', refused, [Symbol('s')], 'result[0]', /Symbol\(s\)/);
test('a class', refused, { Connection }, 'result.Connection', /a function, Connection/);
test(
  'a socket',
  refused,
  { items: [1, { socket: new Socket() }] },
  'result.items[1].socket',
  /^a Socket holds a native handle$/,
);
test('a socket inside an object of a class', refused, new Connection(), 'result.socket', /Socket/);
test('a promise', refused, { a: Promise.resolve() }, 'result.a', /Promise/);
test('a WeakMap', refused, { 'a b': new WeakMap() }, 'result["a b"]', /WeakMap/);
test('a WeakSet', refused, [new WeakSet()], 'result[0]', /WeakSet/);
test('a WeakRef', refused, [new WeakRef({})], 'result[0]', /WeakRef/);
test('a proxy', refused, [new Proxy({}, {})], 'result[0]', /Proxy/);
test('a proxy of an array', refused, { a: new Proxy([], {}) }, 'result.a', /Proxy/);
test('a generator', refused, counting(), 'result', /generator/);
test('an iterator', refused, { i: new Map().keys() }, 'result.i', /iterator/);
test('arguments', refused, { a: argumentsOf(1, 2) }, 'result.a', /arguments/);
test('no arguments', refused, { a: argumentsOf() }, 'result.a', /arguments/);
test('a module', refused, { fs: namespace }, 'result.fs', /module/);
test('a symbol in a box', refused, [Object(Symbol('s'))], 'result[0]', /symbol/);
test(
  'a getter that throws',
  refused,
  throwing,
  'result.items[0].broken',
  /getter that throws RangeError: not now/,
);
test('a buffer that was transferred', refused, { moved }, 'result.moved', /transferred/);
test('a value of a map', refused, new Map([['on', onDone]]), 'result.get("on")', /onDone/);
test('a key of a map', refused, new Map([[onDone, 1]]), 'result key 0', /onDone/);
test('an element of a set', refused, new Set([1, onDone]), 'result element 1', /onDone/);
test(
  'an object of the platform',
  refused,
  { f: new Intl.NumberFormat() },
  'result.f',
  /NumberFormat/,
);
test(
  'beside something for a port',
  refused,
  [new SharedArrayBuffer(8), onDone],
  'result[1]',
  /onDone/,
);
test(
  'behind a cycle',
  refused,
  ((o) => Object.assign(o, { o, onDone }))({}),
  'result.onDone',
  /onDone/,
);
test(
  'far inside',
  refused,
  Array.from({ length: 300 }).reduce<unknown>((inner) => ({ a: inner }), onDone),
  `result${'.a'.repeat(300)}`,
  /onDone/,
);

const portOnly = test.macro((t, value: unknown) => {
  t.is(encodeValue(memory, 0, 1 << 16, value), NEEDS_PORT);
  t.is(encodeValue(memory, 0, 1 << 16, [{ value }]), NEEDS_PORT);
  t.is(encodeValue(memory, 0, 1 << 16, [{ value }, new Error('for node:v8')]), NEEDS_PORT);
  t.is(encodeOwn({ value }), NEEDS_PORT);
  t.is(encodeValue(memory, 0, 8, { value }), NEEDS_PORT);
});

test('a SharedArrayBuffer needs a port', portOnly, new SharedArrayBuffer(8));
test('a view of shared memory needs a port', portOnly, new Int32Array(new SharedArrayBuffer(8)));
test('bytes of shared memory need a port', portOnly, new Uint8Array(new SharedArrayBuffer(8)));
test('a Buffer of shared memory needs a port', portOnly, Buffer.from(new SharedArrayBuffer(8)));
test('a MessagePort needs a port', portOnly, new MessageChannel().port1);
test('a Blob needs a port', portOnly, new Blob(['x']));
test('a key needs a port', portOnly, createSecretKey(Buffer.from('x')));
test('a stream needs a port', portOnly, new ReadableStream());
test(
  'a module of WebAssembly needs a port',
  portOnly,
  new WebAssembly.Module(Buffer.from('0061736d01000000', 'hex')),
);

test('a refusal leaves the codec as it was', (t) => {
  for (let run = 0; run < 100; run++) {
    t.throws(() => encodeValue(memory, 0, 1 << 16, { a: { b: [1, 'x', onDone] } }));
    t.true(encodeValue(memory, 0, 1 << 16, { a: { b: [1, 'x'] } }) > 0);
    t.deepEqual(decodeValue(memory, 0), { a: { b: [1, 'x'] } });
  }
});

test('a getter may use the codec itself', (t) => {
  const other = codecMemory(new ArrayBuffer(4096));
  const value = {
    before: 'text',
    get inner(): unknown {
      encodeValue(other, 0, 4096, { deep: ['a', { b: 1 }] });
      return decodeValue(other, 0);
    },
    after: 'more text',
  };
  t.true(encodeValue(memory, 0, 1 << 16, value) > 0);
  t.deepEqual(decodeValue(memory, 0), {
    before: 'text',
    inner: { deep: ['a', { b: 1 }] },
    after: 'more text',
  });
});
