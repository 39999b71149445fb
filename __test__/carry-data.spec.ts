// Which captured values reach a thread, and what is copied, shared or made again.
import { createSecretKey } from 'node:crypto';
import test from 'ava';
import { carry } from '../src/lane/carried-function.ts';
import { TestThread } from './fixtures/carry/on-thread.ts';

const thread = new TestThread(test);

const primitives: [name: string, value: unknown][] = [
  ['a string', 'ü\u0000'],
  ['a number', -0],
  ['NaN', Number.NaN],
  ['a bigint', 2n ** 70n],
  ['null', null],
  ['undefined', undefined],
  ['a boolean', true],
];
for (const [name, value] of primitives) {
  test(`${name}`, async (t) => {
    t.true(Object.is(await thread.run(() => value), value));
  });
}

const copies: [name: string, value: unknown][] = [
  ['a plain object', { a: 1, b: { c: [1, 2, { d: null }] } }],
  ['an array with holes', Object.assign(new Array(3), { 0: 1, 2: 3 })],
  ['a date', new Date(5)],
  ['a regular expression', /a(b)/giu],
  [
    'a map',
    new Map<unknown, unknown>([
      ['a', 1],
      [{ k: 1 }, new Map()],
    ]),
  ],
  ['a set', new Set([1, 'a', { b: 2 }])],
  ['an array buffer', new Uint8Array([1, 2, 3]).buffer],
  ['a typed array', new Float64Array([1.5, 2.5])],
  ['a big typed array', new BigInt64Array([1n, 2n])],
  ['a data view', new DataView(new Uint8Array([1, 2]).buffer, 1)],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
];
for (const [name, value] of copies) {
  test(`${name} is copied`, async (t) => {
    t.deepEqual(await thread.run(() => value), value);
  });
}

test('a copy is not frozen, and a regular expression starts anew', async (t) => {
  const frozen = Object.freeze({ list: Object.freeze([1]) });
  const pattern = /a/g;
  pattern.lastIndex = 3;
  const look = (): unknown => [
    Object.isFrozen(frozen),
    Object.isFrozen(frozen.list),
    pattern.lastIndex,
  ];
  t.deepEqual(await thread.run(look), [false, false, 0]);
});

test('boxed primitives are copied', async (t) => {
  const boxed = [new Number(3), new String('s'), new Boolean(false), Object(4n)];
  const kinds = await thread.run(() => boxed.map((each) => [typeof each, each.valueOf()]));
  t.deepEqual(kinds, [
    ['object', 3],
    ['object', 's'],
    ['object', false],
    ['object', 4n],
  ]);
});

test('an object without a prototype has none there either', async (t) => {
  const bare = Object.assign(Object.create(null), { a: 1 });
  t.is(await thread.run(() => Object.getPrototypeOf(bare)), null);
});

test('a buffer is copied without the pool it lies in', async (t) => {
  const buffer = Buffer.from('carried');
  t.true(buffer.buffer.byteLength > buffer.byteLength);
  const seen = await thread.run(() => [
    Buffer.isBuffer(buffer),
    buffer.toString(),
    buffer.buffer.byteLength,
  ]);
  t.deepEqual(seen, [true, 'carried', 7]);
});

test('two views of one buffer are two views of one buffer there', async (t) => {
  const bytes = new Uint8Array(8);
  const words = new Uint32Array(bytes.buffer, 4, 1);
  const fn = (): number => {
    bytes[4] = 7;
    return words[0] as number;
  };
  t.is(await thread.run(fn), 7);
  t.is(words[0], 0);
});

test('shared memory is shared, also through a typed array', async (t) => {
  const memory = new SharedArrayBuffer(8);
  const cells = new Int32Array(memory);
  const add = (): number => Atomics.add(cells, 1, 5) + memory.byteLength;
  t.true(carry(add).sharesMemory);
  t.is(await thread.run(add), 8);
  t.is(cells[1], 5);
});

test('a buffer on shared memory is shared', async (t) => {
  const buffer = Buffer.from(new SharedArrayBuffer(4));
  await thread.run(() => buffer.fill(9).length);
  t.is(buffer[3], 9);
});

test('a function without shared memory can be written by v8.serialize', (t) => {
  const data = { a: [1] };
  t.false(carry(() => data).sharesMemory);
});

test('cycles', async (t) => {
  const node: { name: string; self?: unknown; list: unknown[] } = { name: 'n', list: [] };
  node.self = node;
  node.list.push(node, node.list);
  t.deepEqual(
    await thread.run(() => [node.self === node, node.list[0] === node, node.list[1] === node.list]),
    [true, true, true],
  );
});

test('cycles through functions, instances, maps and sets', async (t) => {
  class Item {
    readonly owner: unknown;
    constructor(owner: unknown) {
      this.owner = owner;
    }
  }
  const registry = {
    items: new Map<string, unknown>(),
    all: new Set<unknown>(),
    find: () => registry,
  };
  const item = new Item(registry);
  registry.items.set('one', item).set('registry', registry);
  registry.all.add(registry.items).add(item);
  t.deepEqual(
    await thread.run(() => [
      registry.find() === registry,
      (registry.items.get('one') as Item).owner === registry,
      registry.items.get('one') instanceof Item,
      registry.all.has(item),
      registry.all.has(registry.items),
    ]),
    [true, true, true, true, true],
  );
});

test('instances keep their class, their fields and accessors of their own', async (t) => {
  class Temperature {
    celsius: number;
    constructor(celsius: number) {
      this.celsius = celsius;
    }
    get fahrenheit(): number {
      return this.celsius * 1.8 + 32;
    }
  }
  const now = new Temperature(100);
  Object.defineProperty(now, 'hidden', { value: 'h', enumerable: false });
  t.deepEqual(
    await thread.run(() => [
      now instanceof Temperature,
      now.fahrenheit,
      Object.keys(now),
      Reflect.get(now, 'hidden'),
    ]),
    [true, 212, ['celsius'], 'h'],
  );
});

test('instances of subclasses of Array, Map, Set and Error', async (t) => {
  class Stack extends Array<number> {
    top(): number | undefined {
      return this[this.length - 1];
    }
  }
  class Names extends Set<string> {
    joined(): string {
      return [...this].join();
    }
  }
  class ParseError extends SyntaxError {
    readonly line: number;
    constructor(message: string, line: number, options?: ErrorOptions) {
      super(message, options);
      this.line = line;
    }
  }
  const stack = Stack.from([1, 2]) as Stack;
  const names = new Names(['a', 'b']);
  const failure = new ParseError('bad', 4, { cause: new RangeError('far', { cause: 7 }) });
  t.deepEqual(
    await thread.run(() => [
      stack.top(),
      Array.isArray(stack),
      names.joined(),
      failure instanceof ParseError,
      failure.line,
      failure.message,
      (failure.cause as Error) instanceof RangeError,
      (failure.cause as Error).cause,
      String(failure.stack).includes('carry-data'),
      Object.prototype.toString.call(failure),
    ]),
    [2, true, 'a,b', true, 4, 'bad', true, 7, true, '[object Error]'],
  );
});

test('an error with many errors', async (t) => {
  const all = new AggregateError([new TypeError('one'), 2], 'many');
  t.deepEqual(
    await thread.run(() => [all.errors.length, all.errors[0] instanceof TypeError, all.message]),
    [2, true, 'many'],
  );
});

test('objects that inherit from plain objects', async (t) => {
  const base = { greet: (): string => 'hello', level: 1 };
  const derived = Object.create(base, { own: { value: 2, enumerable: true } });
  t.deepEqual(
    await thread.run(() => [derived.greet(), derived.own, Object.getPrototypeOf(derived) === base]),
    ['hello', 2, true],
  );
});

test('registered and well-known symbols, as values and as keys', async (t) => {
  const mark = Symbol.for('backbeat.test');
  const tagged = { [mark]: 1, [Symbol.toStringTag]: 'Tagged', symbol: Symbol.iterator };
  t.deepEqual(
    await thread.run(() => [tagged[mark], String(tagged), tagged.symbol === Symbol.iterator]),
    [1, '[object Tagged]', true],
  );
});

test('URLs, search parameters and text coders', async (t) => {
  const url = new URL('file:///a/b?c=d');
  const search = new URLSearchParams({ q: '1' });
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder('utf-16le')];
  t.deepEqual(
    await thread.run(() => [
      url instanceof URL && url.pathname,
      search.get('q'),
      encoder.encode('ab').length,
      decoder.encoding,
    ]),
    ['/a/b', '1', 2, 'utf-16le'],
  );
});

test('keys and variables named __proto__ are names like any other', async (t) => {
  const data = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": 2}}');
  const withFunction = Object.assign(Object.create(null), { fn: () => 1 });
  Object.defineProperty(withFunction, '__proto__', { value: { polluted: 2 }, enumerable: true });
  t.deepEqual(
    await thread.run(() => [
      Object.keys(data),
      data.polluted,
      Object.keys(withFunction).sort(),
      withFunction.polluted,
      ({} as { polluted?: number }).polluted,
    ]),
    [['__proto__', 'constructor'], undefined, ['__proto__', 'fn'], undefined, undefined],
  );
  const given = JSON.parse('{"__proto__": 3}');
  const { definition } = carry(new Function('return __proto__ + 1') as () => unknown, given);
  t.is((await thread.answer(definition)).value, 4);
});

test('a large array costs no node per element', (t) => {
  const numbers = Array.from({ length: 50_000 }, (_, index) => ({ index }));
  const { definition } = carry(() => numbers.length);
  const { payload } = definition as { payload: Uint8Array };
  t.true(payload.byteLength < 50_000 * 20);
});

test('compiled WebAssembly goes beside the bytes', async (t) => {
  const { WebAssembly } = globalThis as never as { WebAssembly: WebAssemblyNamespace };
  const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  const fn = (): string => Object.prototype.toString.call(module);
  t.true(carry(fn).sharesMemory);
  t.is(await thread.run(fn), '[object WebAssembly.Module]');
});

test('keys and blobs go beside the bytes', async (t) => {
  const secret = createSecretKey(Buffer.from('abc'));
  const blob = new Blob(['text']);
  const fn = async (): Promise<unknown[]> => [secret.symmetricKeySize, await blob.text()];
  t.true(carry(fn).sharesMemory);
  t.deepEqual(await thread.run(fn), [3, 'text']);
});

interface WebAssemblyNamespace {
  Module: new (bytes: Uint8Array) => object;
}
