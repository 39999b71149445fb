// What the codec gives back is what structured clone gives, value by value.
import { isDeepStrictEqual, types } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {
  codecMemory,
  decodeValue,
  encodeOwn,
  encodeValue,
  NEEDS_PORT,
} from '../src/lane/value-codec.ts';

const memory = codecMemory(new ArrayBuffer(1 << 20));

function roundTrip(value: unknown): unknown {
  const used = encodeValue(memory, 64, 1 << 19, value);
  if (used <= 0 || used % 8 !== 0) throw new Error(`used ${used}`);
  const copy = decodeValue(memory, 64);
  memory.words.fill(-1, 16, 16 + used / 4); // whatever still pointed here is damaged now
  return copy;
}

/** Equal in values, in identity of parts, in order of keys, in holes. */
function assertSame(
  actual: unknown,
  expected: unknown,
  pairs = new Map<object, object>(),
  taken = new Set<object>(),
): void {
  if (typeof expected !== 'object' || expected === null) {
    if (!Object.is(actual, expected)) throw new Error(`${String(actual)} for ${String(expected)}`);
    return;
  }
  if (typeof actual !== 'object' || actual === null) throw new Error('no object');
  const known = pairs.get(expected);
  if (known !== undefined) {
    if (known !== actual) throw new Error('another object where the same is expected');
    return;
  }
  if (taken.has(actual)) throw new Error('the same object where another is expected');
  pairs.set(expected, actual);
  taken.add(actual);
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected))
    throw new Error('prototype');
  const keys = Reflect.ownKeys(expected);
  if (!isDeepStrictEqual(Reflect.ownKeys(actual), keys)) {
    throw new Error(`keys ${String(Reflect.ownKeys(actual))} for ${String(keys)}`);
  }
  for (const key of keys) {
    const left = Object.getOwnPropertyDescriptor(actual, key)!;
    const right = Object.getOwnPropertyDescriptor(expected, key)!;
    if (left.enumerable !== right.enumerable || left.writable !== right.writable) {
      throw new Error(`attributes of ${String(key)}`);
    }
    assertSame(left.value, right.value, pairs, taken);
  }
  if (types.isMap(expected) || types.isSet(expected)) {
    assertSame([...(actual as Set<unknown>)], [...expected], pairs, taken);
  } else if (ArrayBuffer.isView(expected)) {
    const view = actual as Uint8Array;
    if (view.byteOffset !== expected.byteOffset) throw new Error('offset');
    if (view.byteLength !== expected.byteLength) throw new Error('length');
    assertSame(view.buffer, expected.buffer, pairs, taken);
  } else if (types.isDate(expected)) {
    assertSame((actual as Date).getTime(), expected.getTime());
  } else if (!isDeepStrictEqual(actual, expected)) {
    throw new Error('content');
  }
}

const same = test.macro((t, value: unknown) => {
  assertSame(roundTrip(value), structuredClone(value));
  // A second time, for what is cached about the shape, and many times, for what is compiled.
  for (let run = 0; run < 40; run++) roundTrip(value);
  assertSame(roundTrip(value), structuredClone(value));
  t.pass();
});

for (const value of [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  2 ** 23,
  -(2 ** 23) - 1,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  0.1,
  Number.NaN,
  Infinity,
  -Infinity,
  Number.MIN_VALUE,
  0n,
  -1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 63n,
  -(2n ** 200n),
]) {
  const shown = Object.is(value, -0) ? '-0' : String(value);
  test(`${typeof value} ${shown}`, same, value);
  test(`${typeof value} ${shown} inside`, same, { a: [value, value], b: value });
}

for (const [title, value] of Object.entries({
  empty: '',
  short: 'abc',
  latin: 'äöü\u00ff',
  wide: 'ж\u{1f600}',
  'lone surrogates': '\ud800x\udc00\ud800',
  'with zeros': '\0\0',
  long: 'x'.repeat(5000),
  'long and wide': 'ж'.repeat(5000),
  'cut from a wide one': 'жabc'.slice(1),
  joined: ['a'.repeat(20), 'b'.repeat(20)].join(''),
})) {
  test(`string, ${title}`, same, value);
  test(`string, ${title}, inside`, same, { a: value, b: [value, 'plain', value] });
}

const shared = { shared: true };
const cycle: Record<string, unknown> = { name: 'a', list: [] as unknown[] };
cycle.self = cycle;
(cycle.list as unknown[]).push(cycle, shared, shared);
const named = Object.assign([1, 2, 3], { named: 'x' });
const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]).buffer;
class Point {
  x = 1;
  #hidden = 2;
  get sum(): number {
    return this.x + this.#hidden;
  }
}
class Names extends Array<string> {}
class Table extends Map<string, number> {}
const bare = Object.assign(Object.create(null), { a: 1 });

for (const [title, value] of Object.entries<unknown>({
  'empty object': {},
  'empty array': [],
  'nested empties': { a: {}, b: [], c: [[], {}] },
  'plain object': { id: 1, name: 'x', nested: { ok: true, none: null, undef: undefined } },
  'integer keys': { 2: 'b', 1: 'a', z: 1, '-1': 2, '01': 3 },
  rows: Array.from({ length: 60 }, (_, id) => ({ id, name: `n${id}`, x: id / 3 })),
  'rows of two kinds': Array.from({ length: 60 }, (_, id) =>
    id % 2 ? { a: id } : { b: id, a: id },
  ),
  dictionary: Object.fromEntries(Array.from({ length: 300 }, (_, id) => [`key ${id}`, id])),
  'wide keys': { ключ: 1, '\ud800': 2, '': 3, 'a\0b': 4 },
  '__proto__ as a key': JSON.parse('{"a":1,"__proto__":{"polluted":true},"b":2}'),
  'constructor as a key': { constructor: 1, toString: 2, hasOwnProperty: 3 },
  integers: [1, 2, 3, -4, 2 ** 31 - 1],
  'integers and -0': [1, 2, -0],
  doubles: [0.5, 1, Number.NaN, -0],
  'numbers, then a string': [1, 2, 3.5, 'x'],
  'integers, then undefined': [1, 2, 3, undefined],
  'odd number of words before doubles': ['x', [0.5, 1.5, 2.5], 1, [0.5, 1.5, 2.5]],
  // biome-ignore lint/suspicious/noSparseArray: holes are what is tested
  holes: [1, , 3],
  'holes only': new Array(5),
  'holes at the end': Object.assign([], { 0: 1, length: 4 }),
  sparse: Object.assign([], { 100000: 1 }),
  'array with a name': named,
  'named strings': Object.assign(['a'], { z: 1 }),
  match: /(?<g>b)/.exec('abc'),
  'hole and name': Object.assign([1], { 2: 2, z: 1 }),
  'the same twice': [shared, shared],
  'the same deep': { a: { b: shared }, c: [shared] },
  cycle,
  'repeats among many': [...Array.from({ length: 40 }, (_, id) => ({ id })), shared, { a: shared }],
  'equal but not the same': [{ a: 1 }, { a: 1 }],
  date: new Date(1234.5 | 0),
  'invalid date': new Date(Number.NaN),
  'date inside': { at: new Date(5), b: [new Date(6)] },
  'the same date twice': ((d) => [d, d])(new Date(5)),
  map: new Map<unknown, unknown>([
    [1, 'a'],
    [shared, shared],
    ['m', new Map()],
  ]),
  set: new Set([1, 'a', shared]),
  'map inside': { m: new Map([['k', new Set([1])]]) },
  regexp: /a\/b[\n]/giu,
  'regexp inside': [/x/, { r: /(?:)/y }],
  boxed: [Object(1), Object('s'), Object(true), Object(5n)],
  'class instance': new Point(),
  instances: [new Point(), new Point()],
  'no prototype': bare,
  'subclass of Array': Names.from(['a', 'b']),
  'subclass of Map': new Table([['a', 1]]),
  'symbol keys': { a: 1, [Symbol('s')]: 2 },
  'hidden properties': Object.defineProperty({ a: 1 }, 'b', { value: 1, enumerable: false }),
  accessor: {
    get a() {
      return 5;
    },
  },
  frozen: Object.freeze({ a: Object.freeze([1]) }),
  error: new TypeError('wrong'),
  'error inside': { error: new RangeError('x'), same: shared, again: shared },
  'error of a class of its own': new (class Mine extends Error {})('x'),
  bytes: new Uint8Array([1, 2, 3]),
  'empty bytes': new Uint8Array(0),
  'many bytes': new Uint8Array(5000).fill(7),
  'array buffer': buffer,
  'empty buffer': new ArrayBuffer(0),
  'part of a buffer': new Uint8Array(buffer, 3, 5),
  'two views of one buffer': [
    new Uint8Array(buffer),
    new Float64Array(buffer),
    new Int16Array(buffer, 2, 3),
    buffer,
  ],
  'two parts of one buffer': { a: new Uint8Array(buffer, 0, 4), b: new Uint8Array(buffer, 4, 4) },
  'view twice': ((v) => [v, v, v.buffer])(new Float32Array([1, 2])),
  'all kinds of views': [
    Int8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ].map((View) => View.from([1, 2, 3])),
  'big views': [new BigInt64Array([1n, -1n]), new BigUint64Array([1n])],
  'data view': new DataView(buffer, 1, 3),
  resizable: new (ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer)(8, {
    maxByteLength: 16,
  }),
  'views beside an error': [new Error('x'), new Uint8Array(buffer, 3, 5), new Uint8Array(buffer)],
  deep: Array.from({ length: 150 }).reduce<unknown>((inner) => ({ inner }), 1),
  deeper: Array.from({ length: 1500 }).reduce<unknown>((inner) => [inner], 1),
  'deep after shallow': [{ a: 1 }, { a: { a: { a: 1 } } }, { a: 2 }],
})) {
  test(title, same, value);
}

test('a Buffer stays a Buffer, with its own bytes only', (t) => {
  for (const value of [
    Buffer.from('abc'),
    Buffer.alloc(5000, 1).subarray(10, 4000),
    Buffer.alloc(0),
  ]) {
    const copy = roundTrip(value) as Buffer;
    t.true(Buffer.isBuffer(copy));
    t.deepEqual(copy, value);
    const inside = roundTrip({ a: value, b: value, e: new Error('x') }) as { a: Buffer; b: Buffer };
    t.true(Buffer.isBuffer(inside.a));
    t.is(inside.a, inside.b);
    t.deepEqual(inside.a, value);
  }
});

const repeating = fc
  .array(
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withObjectString: true,
      withBoxedValues: true,
      stringUnit: 'binary',
      maxDepth: 4,
    }),
    { minLength: 1, maxLength: 5 },
  )
  .chain((parts) =>
    fc.array(fc.nat(parts.length - 1)).map((order) => order.map((index) => parts[index])),
  );

test('anything equals its structured clone, repeats included', (t) => {
  fc.assert(
    fc.property(repeating, (value) => assertSame(roundTrip(value), structuredClone(value))),
    { numRuns: 600 },
  );
  t.pass();
});

test('objects of one shape stay what they are when there are many of them', (t) => {
  const keys = ['plain', 'two words', 'a"quote', 'line\u2028end', 'back\\slash', '__proto__', ''];
  for (let round = 0; round < 300; round++) {
    const valueUnder = (key: string): unknown =>
      key === '__proto__' ? { round } : `${key} ${round}`;
    const value: object = Object.fromEntries(keys.map((key) => [key, valueUnder(key)]));
    const copy = roundTrip(value) as object;
    assertSame(copy, value);
    t.deepEqual(Object.keys(copy), keys);
  }
});

test('an object of a known shape reads its getters in order, once each', (t) => {
  for (let round = 0; round < 300; round++) {
    const asked: string[] = [];
    const value = {
      get first() {
        asked.push('first');
        return round;
      },
      get second() {
        asked.push('second');
        return { of: round };
      },
    };
    t.deepEqual(roundTrip(value), { first: round, second: { of: round } });
    t.deepEqual(asked, ['first', 'second']);
  }
});

test('what does not fit says how much it needs', (t) => {
  const values = [
    5,
    0.5,
    'x'.repeat(100),
    { a: 'x'.repeat(100), b: [1, 2, 3] },
    new Uint8Array(100),
    Buffer.alloc(100),
    new Error('x'),
    Array.from({ length: 500 }, (_, id) => ({ id, text: `text ${id}` })),
    { a: [1, 2, 3], b: null },
    [true],
    [[1, 2, 3, 4]],
    'ж'.repeat(9000),
    ['x'.repeat(100000)],
  ];
  for (const value of values) {
    encodeOwn(value); // its keys get a shape at the second meeting, which changes the size
    encodeOwn(value);
    const own = encodeOwn(value);
    if (own === NEEDS_PORT) throw new Error('port');
    for (let limit = 0; limit < own.length; limit += 8) {
      memory.words.fill(0x5a5a5a5a, limit / 4, limit / 4 + 64);
      t.is(encodeValue(memory, 0, limit, value), -own.length);
      t.true(
        memory.words.subarray(limit / 4, limit / 4 + 64).every((word) => word === 0x5a5a5a5a),
        'written beyond the limit',
      );
    }
    t.is(encodeValue(memory, 0, own.length, value), own.length);
    t.deepEqual(decodeValue(memory, 0), value);
  }
});

test('memory of its own is enough although the keys get a shape meanwhile', (t) => {
  for (let size = 0; size < 40; size++) {
    const keys = Array.from({ length: 40 }, (_, index) => `key ${size} ${index}`);
    const value = Object.fromEntries(keys.map((key) => [key, 'x'.repeat(50 + size * 4)]));
    const rows = [value, ...Array.from({ length: size }, () => ({ ...value }))];
    const own = encodeOwn(rows);
    if (own === NEEDS_PORT) throw new Error('port');
    t.deepEqual(decodeValue(codecMemory(new Uint8Array(own).buffer), 0), rows);
  }
});
