import type { CodecMemory } from './codec-memory.ts';
import { corrupt } from './corrupt-value.ts';
import { type ReadShape, readShape } from './read-shapes.ts';
import * as format from './value-format.ts';

const { splitDouble, splitWords, splitBigInt } = format;

const TEMPLATE_LENGTH = 256;
const INTS: readonly number[] = Array.from({ length: TEMPLATE_LENGTH }, (_, index) => index);
const DOUBLES: readonly number[] = INTS.map((index) => index + 0.5);

let memory: CodecMemory;
let words: Int32Array;
let doubles: Float64Array;
let start = 0;
let cursor = 0;
let end = 0;
let depth = 0;
let pool = '';
let poolCursor = 0;
const shapes: (ReadShape | undefined)[] = [];
let shapeCount = 0;
/** Objects made so far, in the writer's order; kept only when the tree repeats some. */
let made: object[] | undefined;

/** Reads the tree at byte `at`. Nothing that it returns points into the memory. */
export function readTree(from: CodecMemory, at: number, frameBytes: number): unknown {
  memory = from;
  words = from.words;
  doubles = from.doubles;
  start = at >> 2;
  const header = words[start]!;
  const characters = words[start + 2]!;
  const poolAt = words[start + 3]!;
  const poolBytes = (header & format.POOL_IS_UTF16) === 0 ? characters : characters * 2;
  if (characters < 0 || poolAt < 20 || (poolAt & 3) !== 0 || poolAt + poolBytes > frameBytes) {
    throw corrupt('a pool outside of its frame');
  }
  cursor = start + format.TREE_HEADER_WORDS;
  end = start + (poolAt >> 2);
  depth = 0;
  poolCursor = 0;
  pool =
    characters === 0
      ? ''
      : (header & format.POOL_IS_UTF16) === 0
        ? memory.bytes.latin1Slice(at + poolAt, at + poolAt + poolBytes)
        : memory.bytes.ucs2Slice(at + poolAt, at + poolAt + poolBytes);
  made = (header & format.HAS_REPEATS) === 0 ? undefined : [];
  try {
    return readNode();
  } finally {
    pool = '';
    // Not by its length, which costs as much as making an object.
    while (shapeCount > 0) shapes[--shapeCount] = undefined;
    made = undefined;
  }
}

function readNode(): unknown {
  if (cursor >= end) throw corrupt('a tree that ends early');
  const word = words[cursor++]!;
  const count = word >>> 8;
  switch (word & 0xff) {
    case format.POOLED: {
      const from = poolCursor;
      poolCursor += count;
      if (poolCursor > pool.length) throw corrupt('a string beyond the pool');
      return pool.slice(from, poolCursor);
    }
    case format.INT:
      return word >> 8;
    case format.WIDE_INT:
      return words[take(1)]!;
    case format.DOUBLE:
      return readDouble();
    case format.NULL:
      return null;
    case format.UNDEFINED:
      return undefined;
    case format.TRUE:
      return true;
    case format.FALSE:
      return false;
    case format.OBJECT:
      return readObject(newShape(count));
    case format.OBJECT_LIKE:
      if (count >= shapeCount) throw corrupt('an object like none');
      return readObject(shapes[count]!);
    case format.DICTIONARY:
      return readDictionary(count);
    case format.ARRAY:
      return readArray();
    case format.INTS:
      return readInts();
    case format.DOUBLES:
      return readDoubles();
    case format.LATIN1:
    case format.UTF16:
      return readText((word & 0xff) === format.UTF16);
    case format.BIGINT:
      return readBigInt(count);
    case format.REPEATED:
      if (made === undefined || count >= made.length) throw corrupt('a repeat of nothing');
      return made[count];
    default:
      return readOther(word & 0xff, count);
  }
}

function readOther(tag: number, count: number): unknown {
  switch (tag) {
    case format.DATE:
      return note(new Date(readDouble()));
    case format.MAP:
      return readMap();
    case format.SET:
      return readSet();
    case format.REGEXP:
      return readRegExp();
    case format.BUFFER:
      return readBuffer();
    case format.OWN_VIEW:
      return readOwnView(count);
    case format.VIEW:
      return readView(count);
    case format.NODE_BUFFER: {
      const length = words[take(1)]!;
      const at = takeBytes(length);
      return note(Buffer.from(memory.bytes.subarray(at, at + length)));
    }
    default:
      throw corrupt(`the unknown tag ${tag}`);
  }
}

/** Index of the first of `count` words, which must lie inside the tree. */
function take(count: number): number {
  const at = cursor;
  if (count < 0 || count > end - at) throw corrupt('a length beyond the end');
  cursor = at + count;
  return at;
}

function readDouble(): number {
  const at = take(2);
  splitWords[0] = words[at]!;
  splitWords[1] = words[at + 1]!;
  return splitDouble[0]!;
}

function readText(wide: boolean): string {
  const length = words[take(1)]!;
  if (length < 0) throw corrupt('a negative length');
  const byteLength = wide ? length * 2 : length;
  const at = take(Math.ceil(byteLength / 4)) * 4;
  return wide
    ? memory.bytes.ucs2Slice(at, at + byteLength)
    : memory.bytes.latin1Slice(at, at + byteLength);
}

function readBigInt(isText: number): bigint {
  if (isText === 0) {
    const at = take(2);
    splitWords[0] = words[at]!;
    splitWords[1] = words[at + 1]!;
    return splitBigInt[0]!;
  }
  const digits = readNode();
  if (typeof digits !== 'string' || !/^-?[0-9a-f]+$/.test(digits)) throw corrupt('a bad bigint');
  return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
}

function newShape(wordLength: number): ReadShape {
  const shape = readShape(memory, take(wordLength), wordLength);
  shapes[shapeCount++] = shape;
  return shape;
}

function readObject(shape: ReadShape): unknown {
  enter();
  const object =
    made === undefined && shape.make !== undefined ? shape.make(readNode) : readProperties(shape);
  depth--;
  return object;
}

/** For trees with repeats: an object must be known before what it holds, which may point back. */
function readProperties(shape: ReadShape): unknown {
  const object: Record<string, unknown> = {};
  made?.push(object);
  const { keys } = shape;
  for (let index = 0; index < keys.length; index++) setOwn(object, keys[index]!, readNode());
  return object;
}

function readDictionary(count: number): unknown {
  enter();
  const object: Record<string, unknown> = {};
  made?.push(object);
  for (let index = 0; index < count; index++) {
    const key = readNode();
    if (typeof key !== 'string') throw corrupt('a key that is no string');
    setOwn(object, key, readNode());
  }
  depth--;
  return object;
}

/** `__proto__` as a key is a property like any other here. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
}

function readArray(): unknown[] {
  enter();
  const length = words[take(1)]!;
  // Each element has one word at least.
  if (length < 0 || length > end - cursor) throw corrupt('an array longer than its tree');
  const array: unknown[] = [];
  made?.push(array);
  for (let index = 0; index < length; index++) array.push(readNode());
  depth--;
  return array;
}

function readInts(): number[] {
  const length = words[take(1)]!;
  const at = take(length);
  const array = arrayLike(INTS, length);
  made?.push(array);
  for (let index = 0; index < length; index++) array[index] = words[at + index]!;
  return array;
}

function readDoubles(): number[] {
  const length = words[take(1)]!;
  take((cursor - start) & 1);
  if (length < 0) throw corrupt('a negative length');
  const at = take(length * 2) >> 1;
  const array = arrayLike(DOUBLES, length);
  made?.push(array);
  for (let index = 0; index < length; index++) array[index] = doubles[at + index]!;
  return array;
}

/**
 * An array of numbers to be overwritten. As a copy of another it has its full size at once and no holes,
 * in the engine's eyes too, which neither pushing nor `new Array(length)` gives.
 */
function arrayLike(template: readonly number[], length: number): number[] {
  const array = template.slice(0, length);
  for (let index = array.length; index < length; index++) array.push(template[0]!);
  return array;
}

function readMap(): unknown {
  enter();
  const size = words[take(1)]!;
  if (size < 0 || size > end - cursor) throw corrupt('a map longer than its tree');
  const map = note(new Map<unknown, unknown>());
  for (let index = 0; index < size; index++) map.set(readNode(), readNode());
  depth--;
  return map;
}

function readSet(): unknown {
  enter();
  const size = words[take(1)]!;
  if (size < 0 || size > end - cursor) throw corrupt('a set longer than its tree');
  const set = note(new Set<unknown>());
  for (let index = 0; index < size; index++) set.add(readNode());
  depth--;
  return set;
}

function readRegExp(): unknown {
  const source = readNode();
  const flags = readNode();
  if (typeof source !== 'string' || typeof flags !== 'string') throw corrupt('a bad pattern');
  try {
    return note(new RegExp(source, flags));
  } catch {
    throw corrupt('a bad pattern');
  }
}

function readBuffer(): ArrayBuffer {
  const length = words[take(1)]!;
  const at = takeBytes(length);
  const buffer = new ArrayBuffer(length);
  new Uint8Array(buffer).set(memory.bytes.subarray(at, at + length));
  return note(buffer);
}

function readOwnView(kind: number): unknown {
  const View = viewOfKind(kind);
  if (View === Uint8Array) {
    const length = words[take(1)]!;
    const at = takeBytes(length);
    const copy = new Uint8Array(length);
    copy.set(memory.bytes.subarray(at, at + length));
    if (made !== undefined) made.push(copy, copy.buffer);
    return copy;
  }
  const place = made?.push(memory) ?? 0;
  const view = makeView(View, readBuffer());
  if (made !== undefined) made[place - 1] = view;
  return view;
}

function readView(kind: number): unknown {
  const View = viewOfKind(kind);
  const byteOffset = words[take(1)]!;
  const byteLength = words[take(1)]!;
  const place = made?.push(memory) ?? 0;
  const buffer = readNode();
  if (!(buffer instanceof ArrayBuffer)) throw corrupt('a view of no buffer');
  const view = makeView(View, buffer, byteOffset, byteLength);
  if (made !== undefined) made[place - 1] = view;
  return view;
}

function makeView(
  View: format.ViewConstructor,
  buffer: ArrayBuffer,
  byteOffset = 0,
  byteLength: number = buffer.byteLength,
): ArrayBufferView {
  const unit = (View as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  try {
    return new View(buffer, byteOffset, byteLength / unit);
  } catch {
    throw corrupt('a view that does not fit its buffer');
  }
}

function viewOfKind(kind: number): format.ViewConstructor {
  const View = format.VIEW_KINDS[kind];
  if (View === undefined) throw corrupt('a view of unknown kind');
  return View;
}

/** Byte at which `length` bytes start, which must lie inside the tree. */
function takeBytes(length: number): number {
  if (length < 0) throw corrupt('a negative length');
  return take((length >>> 2) + ((length & 3) === 0 ? 0 : 1)) * 4;
}

function note<T extends object>(object: T): T {
  made?.push(object);
  return object;
}

function enter(): void {
  if (++depth > format.MAX_DEPTH) throw corrupt('a tree that is too deep');
}
