// Bytes that nobody wrote as a value: a clear error or some value, never a read beyond, never a hang.
import test from 'ava';
import fc from 'fast-check';
import { BackbeatError } from '../src/errors.ts';
import { codecMemory, decodeValue, encodeValue } from '../src/lane/value-codec.ts';

const SIZE = 1 << 12;
const memory = codecMemory(new ArrayBuffer(SIZE));
// Half of the bytes belong to somebody else; a value that holds them was read from outside.
const SECRET = 'outside';

function decodeSafely(): void {
  try {
    decodeValue(memory, 0);
  } catch (error) {
    if (!(error instanceof BackbeatError) || error.code !== 'BACKBEAT_CORRUPT_VALUE') throw error;
  }
}

const sample = {
  id: 1,
  text: 'some text',
  wide: 'жж',
  values: [0.5, 1, 2],
  ints: [1, 2, 3],
  rows: [{ a: 1 }, { a: 2 }, { a: { a: 3 } }],
  map: new Map<unknown, unknown>([['k', new Set([1n, 2n ** 70n])]]),
  bytes: new Uint8Array([1, 2, 3]),
  view: new Float32Array(new ArrayBuffer(32), 8, 2),
  date: new Date(5),
  pattern: /x/g,
  buffer: Buffer.from('abc'),
};
const twice = { sample, again: sample, list: [sample.rows, sample.view] };

test('random words', (t) => {
  const words = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), {
    minLength: 2,
    maxLength: 64,
  });
  fc.assert(
    fc.property(fc.nat(40), words, (tag, content) => {
      memory.words.fill(0);
      memory.words.set(content);
      memory.words[0] = tag | (content[0]! & 0x300);
      decodeSafely();
    }),
    { numRuns: 4_000 },
  );
  t.pass();
});

test('random nodes in a tree whose header is right', (t) => {
  const node = fc
    .tuple(fc.nat(34), fc.oneof(fc.nat(8), fc.nat(0xffffff)))
    .map(([tag, count]) => tag | (count << 8));
  const content = fc.array(fc.oneof(node, fc.nat(4), fc.integer()), { maxLength: 100 });
  fc.assert(
    fc.property(content, fc.nat(3), fc.nat(64), (nodes, flags, characters) => {
      memory.words.fill(0);
      memory.words.set(nodes, 4);
      memory.words[0] = 10 | (flags << 8);
      memory.words[1] = 16 + nodes.length * 4 + 128;
      memory.words[2] = characters;
      memory.words[3] = 16 + nodes.length * 4;
      decodeSafely();
    }),
    { numRuns: 4_000 },
  );
  t.pass();
});

for (const [title, value] of Object.entries({
  'a tree': sample,
  'a tree with repeats': twice,
  'what node:v8 wrote': [sample, new Error('x')],
})) {
  test(`one damaged word in ${title}`, (t) => {
    const used = encodeValue(memory, 0, SIZE, value);
    const good = memory.words.slice(0, used / 4);
    for (let word = 0; word < good.length; word++) {
      for (const bits of [
        -1,
        0,
        1,
        0x7fffffff,
        0x80,
        0x100,
        0xffff00,
        good[word]! ^ 1,
        good[word]! + 256,
        good[word]! - 1,
      ]) {
        memory.words.set(good);
        memory.words[word] = bits;
        decodeSafely();
      }
    }
    memory.words.set(good);
    t.deepEqual(decodeValue(memory, 0), value);
  });
}

test('a frame at the end of the memory reads nothing behind it', (t) => {
  const own = codecMemory(new ArrayBuffer(64));
  for (let tag = 0; tag < 40; tag++) {
    for (const length of [0, 1, 8, 9, 100, 0x7fffffff, -1]) {
      own.words[14] = tag;
      own.words[15] = length;
      try {
        const value = decodeValue(own, 56);
        if (typeof value === 'string' || value instanceof Uint8Array) t.true(value.length <= 8);
      } catch (error) {
        t.is((error as BackbeatError).code, 'BACKBEAT_CORRUPT_VALUE');
      }
    }
  }
});

test('a tree reads nothing of its neighbour', (t) => {
  const used = encodeValue(memory, 0, SIZE, ['abc', 'def']);
  memory.bytes.latin1Write(SECRET, used, SECRET.length);
  memory.words[2] = 40; // more characters than there are
  t.throws(() => decodeValue(memory, 0), { code: 'BACKBEAT_CORRUPT_VALUE' });
});
