import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { type CodecMemory, codecMemory } from './codec-memory.ts';
import { elementOf } from './element-of.ts';
import { isPlainClass } from './plain-classes.ts';
import { StringPool } from './string-pool.ts';
import * as format from './value-format.ts';
import { isAmbiguous, shapeOfKeys, type WrittenShape, writerOf } from './written-shapes.ts';

/** Thrown by the writer: this value is not for it. Never leaves the codec. */
export const UNUSUAL: unique symbol = Symbol('unusual value');

/** A value that only a message port can carry was met. Never leaves the codec. */
export const PORT_ONLY: unique symbol = Symbol('port only');

const { isArgumentsObject, isArrayBuffer, isDate, isMap, isProxy, isRegExp, isSet } = types;
const { isArray } = Array;
const { getPrototypeOf, hasOwn, keys: keysOf } = Object;
const { splitDouble, splitWords, splitBigInt } = format;

/** Up to here a search beats a Map. */
const LINEAR_SEARCH = 24;
const FIRST_SCRATCH_BYTES = 1 << 16;
const KEPT_SCRATCH_BYTES = 1 << 20;

let memory: CodecMemory;
let words: Int32Array;
let doubles: Float64Array;
/** Word in which the frame starts, the next one to write, and the first that is not ours. */
let start = 0;
let cursor = 0;
let end = 0;
let depth = 0;
const pool = new StringPool();
let flags = 0;
let tree = 0;
let shapeCount = 0;
/** Objects met, in the order in which the reader makes them. */
const met: (object | undefined)[] = new Array(LINEAR_SEARCH).fill(undefined);
let metCount = 0;
let metByObject: Map<object, number> | undefined;
let busy = false;
let scratch: CodecMemory | undefined;

/** Whether a tree is being written, by a getter's caller for example. */
export function isWritingTree(): boolean {
  return busy;
}

/**
 * Writes `value` as a tree. Returns the bytes used, or minus the bytes that it would need.
 * Throws UNUSUAL, PORT_ONLY, or what a getter throws.
 */
export function writeTree(into: CodecMemory, at: number, limit: number, value: unknown): number {
  busy = true;
  useMemory(into, at >> 2, (at + limit) >> 2);
  cursor = start;
  depth = 0;
  pool.clear();
  flags = 0;
  shapeCount = 0;
  tree++;
  try {
    reserve(format.TREE_HEADER_WORDS);
    cursor += format.TREE_HEADER_WORDS;
    writeNode(value);
    const byteLength = finish();
    if (memory === into) return byteLength;
    if (byteLength > limit || at + byteLength > into.bytes.length) return -byteLength;
    // Room is asked for in advance and not always used, so the last words may fit after all.
    into.words.set(words.subarray(0, byteLength >> 2), at >> 2);
    return byteLength;
  } finally {
    busy = false;
    forgetMet();
    if (scratch !== undefined && scratch.bytes.length > KEPT_SCRATCH_BYTES) scratch = undefined;
  }
}

function useMemory(next: CodecMemory, firstWord: number, endWord: number): void {
  memory = next;
  words = next.words;
  doubles = next.doubles;
  start = firstWord;
  end = Math.min(endWord, words.length);
}

/** Makes room for words; what does not fit goes on in memory of our own. */
function reserve(count: number): void {
  if (cursor + count > end) moveToScratch(cursor - start + count);
}

function moveToScratch(wordsNeeded: number): void {
  let byteLength = Math.max(scratch?.bytes.length ?? 0, FIRST_SCRATCH_BYTES);
  while (byteLength < wordsNeeded * 4) byteLength *= 2;
  if (byteLength > 0x7fff_ffff) throw UNUSUAL;
  const next =
    scratch !== undefined && memory !== scratch && scratch.bytes.length === byteLength
      ? scratch
      : codecMemory(new ArrayBuffer(byteLength));
  // A frame that never got its header may have a cursor behind the end.
  next.words.set(words.subarray(start, Math.min(cursor, end)));
  cursor -= start;
  scratch = next;
  useMemory(next, 0, byteLength >> 2);
}

/** Writes the pool and the header. Returns the bytes of the frame. */
function finish(): number {
  const poolAt = cursor - start;
  const characters = pool.count;
  reserve(pool.wordLength + 1);
  if (pool.isWide) flags |= format.POOL_IS_UTF16;
  pool.writeTo(words, cursor);
  cursor += pool.wordLength;
  if (((cursor - start) & 1) === 1) cursor++;
  const byteLength = (cursor - start) * 4;
  words[start] = format.TREE | flags;
  words[start + 1] = byteLength;
  words[start + 2] = characters;
  words[start + 3] = poolAt * 4;
  return byteLength;
}

function writeNode(value: unknown): void {
  if (cursor + 3 > end) reserve(3);
  switch (typeof value) {
    case 'string':
      writeString(value);
      return;
    case 'number':
      writeNumber(value);
      return;
    case 'object':
      if (value === null) words[cursor++] = format.NULL;
      else writeObject(value);
      return;
    case 'boolean':
      words[cursor++] = value ? format.TRUE : format.FALSE;
      return;
    case 'undefined':
      words[cursor++] = format.UNDEFINED;
      return;
    case 'bigint':
      writeBigInt(value);
      return;
    default:
      throw UNUSUAL;
  }
}

/** Room for three words is there. */
function writeNumber(value: number): void {
  const integer = value | 0;
  if (integer === value && (integer !== 0 || 1 / value > 0)) {
    if ((integer << 8) >> 8 === integer) {
      words[cursor++] = format.INT | (integer << 8);
    } else {
      words[cursor++] = format.WIDE_INT;
      words[cursor++] = integer;
    }
    return;
  }
  words[cursor++] = format.DOUBLE;
  writeDouble(value);
}

function writeDouble(value: number): void {
  splitDouble[0] = value;
  words[cursor++] = splitWords[0]!;
  words[cursor++] = splitWords[1]!;
}

function writeString(value: string): void {
  const { length } = value;
  if (length <= format.POOLED_CHARACTERS && pool.add(value)) {
    words[cursor++] = format.POOLED | (length << 8);
    return;
  }
  const wide = !isLatin1(value);
  const byteLength = wide ? length * 2 : length;
  const wordLength = (byteLength + 3) >> 2;
  if (byteLength > format.MAX_BYTES) throw UNUSUAL;
  reserve(2 + wordLength);
  words[cursor++] = wide ? format.UTF16 : format.LATIN1;
  words[cursor++] = length;
  if (wide) memory.bytes.ucs2Write(value, cursor * 4, byteLength);
  else memory.bytes.latin1Write(value, cursor * 4, byteLength);
  cursor += wordLength;
}

/** One step for a string that is stored one byte per character, which nearly all are. */
export function isLatin1(value: string): boolean {
  return !/[^\0-\xff]/.test(value);
}

function writeBigInt(value: bigint): void {
  splitBigInt[0] = value;
  if (splitBigInt[0] === value) {
    words[cursor++] = format.BIGINT;
    words[cursor++] = splitWords[0]!;
    words[cursor++] = splitWords[1]!;
    return;
  }
  words[cursor++] = format.BIGINT | (1 << 8);
  const digits = value.toString(16);
  writeString(digits);
}

function writeObject(value: object): void {
  const index = indexOfRepeated(value);
  if (index >= 0) {
    flags |= format.HAS_REPEATS;
    words[cursor++] = format.REPEATED | (index << 8);
    return;
  }
  if (isProxy(value) || ++depth > format.MAX_DEPTH) throw UNUSUAL;
  if (isArray(value)) {
    writeArray(value);
  } else {
    // Inherited it says the same as the prototype, only quicker; as a key of the object's own it is
    // found out with the keys.
    if (value.constructor === Object) writePlainObject(value);
    else writeOther(value);
  }
  depth--;
}

/** Index of an object met before, or -1 after noting it as met. */
function indexOfRepeated(value: object): number {
  const count = metCount;
  if (metByObject === undefined) {
    for (let index = 0; index < count; index++) if (met[index] === value) return index;
    if (count === LINEAR_SEARCH) {
      metByObject = new Map();
      for (let index = 0; index < count; index++) metByObject.set(met[index]!, index);
      metByObject.set(value, count);
    } else {
      met[count] = value;
    }
  } else {
    const index = metByObject.get(value);
    if (index !== undefined) return index;
    if (count >= 0x7f_ffff) throw UNUSUAL;
    metByObject.set(value, count);
  }
  metCount = count + 1;
  return -1;
}

function forgetMet(): void {
  const count = Math.min(metCount, LINEAR_SEARCH);
  for (let index = 0; index < count; index++) met[index] = undefined;
  metCount = 0;
  metByObject = undefined;
}

function writePlainObject(value: object): void {
  const keys = keysOf(value);
  const { length } = keys;
  const shape = length <= format.SHAPE_KEYS ? shapeOfKeys(keys) : undefined;
  if (shape === undefined || shape.isAmbiguous) checkPlain(value, keys);
  if (shape === undefined) {
    writeDictionary(value as Record<string, unknown>, keys);
    return;
  }
  writeShape(shape);
  const write = shape.write ?? writerOf(shape, keys);
  if (write !== undefined) {
    write(value, writeNode);
    return;
  }
  for (let index = 0; index < length; index++) {
    writeNode((value as Record<string, unknown>)[keys[index]!]);
  }
}

/** What cannot be told from a plain object without a look at more than its keys. */
function checkPlain(value: object, keys: readonly string[]): void {
  if (!isAmbiguous(keys)) return;
  const prototype: object | null = getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  if (isArgumentsObject(value) || !(isPlain || isPlainClass(prototype, value))) throw UNUSUAL;
}

function writeShape(shape: WrittenShape): void {
  if (shape.tree === tree) {
    words[cursor++] = format.OBJECT_LIKE | (shape.index << 8);
    return;
  }
  const { description } = shape;
  const { length } = description;
  reserve(1 + length);
  words[cursor++] = format.OBJECT | (length << 8);
  const into = words;
  const at = cursor;
  for (let index = 0; index < length; index++) into[at + index] = description[index]!;
  cursor = at + length;
  shape.tree = tree;
  shape.index = shapeCount++;
}

function writeDictionary(value: Record<string, unknown>, keys: readonly string[]): void {
  if (keys.length > 0x7f_ffff) throw UNUSUAL;
  words[cursor++] = format.DICTIONARY | (keys.length << 8);
  for (const key of keys) {
    reserve(2);
    writeString(key);
    writeNode(value[key]);
  }
}

function writeArray(value: unknown[]): void {
  const { length } = value;
  // Sparse arrays are found here too: they have fewer keys.
  if (length > 0 && hasOtherKeys(value)) throw UNUSUAL;
  if (length > 2 && looksNumeric(value, length) && writeNumbers(value, length)) return;
  words[cursor++] = format.ARRAY;
  words[cursor++] = length;
  for (let index = 0; index < length; index++) {
    const element = value[index];
    if (element === undefined && !hasOwn(value, index)) throw UNUSUAL;
    writeNode(element);
  }
}

/** An array may have named properties too, which structured clone carries. */
function hasOtherKeys(value: unknown[]): boolean {
  return keysOf(value).length !== value.length;
}

/** Whether an array seems to hold numbers only, so that it is indexed apart from others. */
function looksNumeric(value: unknown[], length: number): boolean {
  return (
    typeof elementOf(value, 0) === 'number' &&
    typeof elementOf(value, length - 1) === 'number' &&
    typeof elementOf(value, length >> 1) === 'number'
  );
}

/** Writes an array of numbers; `false`, with nothing written, when it holds anything else. */
function writeNumbers(value: unknown[], length: number): boolean {
  reserve(3 + length * 2);
  const first = cursor;
  if (writeInts(value, length)) return true;
  cursor = first;
  words[cursor++] = format.DOUBLES;
  words[cursor++] = length;
  cursor += (cursor - start) & 1;
  const at = cursor >> 1;
  const into = doubles;
  for (let index = 0; index < length; index++) {
    const element = value[index];
    if (typeof element !== 'number') {
      cursor = first;
      return false;
    }
    into[at + index] = element;
  }
  cursor += length * 2;
  return true;
}

function writeInts(value: unknown[], length: number): boolean {
  words[cursor++] = format.INTS;
  words[cursor++] = length;
  for (let index = 0; index < length; index++) {
    const element = value[index] as number;
    const integer = element | 0;
    if (integer !== element || (integer === 0 && 1 / element < 0)) return false;
    words[cursor + index] = integer;
  }
  cursor += length;
  return true;
}

/** Objects with a prototype of their own. */
function writeOther(value: object): void {
  const prototype: object | null = getPrototypeOf(value);
  if (prototype === Object.prototype) {
    // It has a key named `constructor`.
    writePlainObject(value);
  } else if (prototype === null) {
    // The one kind of exotic object without a prototype is a module.
    if (Symbol.toStringTag in value) throw UNUSUAL;
    writePlainObject(value);
  } else if (ArrayBuffer.isView(value)) {
    writeView(value);
  } else if (prototype === Date.prototype && isDate(value)) {
    words[cursor++] = format.DATE;
    writeDouble(value.getTime());
  } else if (prototype === Map.prototype && isMap(value)) {
    writeMap(value);
  } else if (prototype === Set.prototype && isSet(value)) {
    writeSet(value);
  } else if (prototype === RegExp.prototype && isRegExp(value)) {
    words[cursor++] = format.REGEXP;
    writeNode(value.source);
    writeNode(value.flags);
  } else if (prototype === ArrayBuffer.prototype && isArrayBuffer(value)) {
    writeBuffer(value);
  } else if (isPlainClass(prototype, value)) {
    writePlainObject(value);
  } else {
    throw UNUSUAL;
  }
}

function writeMap(value: Map<unknown, unknown>): void {
  // A copy, because a getter inside may change the map.
  const entries = [...value];
  words[cursor++] = format.MAP;
  words[cursor++] = entries.length;
  for (const [key, element] of entries) {
    writeNode(key);
    writeNode(element);
  }
}

function writeSet(value: Set<unknown>): void {
  const elements = [...value];
  words[cursor++] = format.SET;
  words[cursor++] = elements.length;
  for (const element of elements) writeNode(element);
}

function writeBuffer(value: ArrayBuffer): void {
  const { byteLength } = value;
  // An empty one may be detached, which must be refused; a resizable one stays one.
  if (byteLength === 0 || (value as { resizable?: boolean }).resizable === true) throw UNUSUAL;
  words[cursor++] = format.BUFFER;
  writeBytes(new Uint8Array(value));
}

function writeView(value: ArrayBufferView): void {
  if (Buffer.isBuffer(value)) {
    if (!isArrayBuffer(value.buffer)) throw PORT_ONLY;
    words[cursor++] = format.NODE_BUFFER;
    writeBytes(value);
    return;
  }
  const kind = kindOfView(value);
  const { buffer, byteOffset, byteLength } = value;
  if (!isArrayBuffer(buffer)) throw PORT_ONLY;
  if ((buffer as { resizable?: boolean }).resizable === true) throw UNUSUAL;
  if (byteLength > 0 && byteLength === buffer.byteLength && indexOfRepeated(buffer) < 0) {
    words[cursor++] = format.OWN_VIEW | (kind << 8);
    writeBytes(new Uint8Array(buffer));
    return;
  }
  words[cursor++] = format.VIEW | (kind << 8);
  words[cursor++] = byteOffset;
  words[cursor++] = byteLength;
  writeNode(buffer);
}

/** Length in bytes, then the bytes. */
function writeBytes(bytes: Uint8Array): void {
  const { byteLength } = bytes;
  if (byteLength > format.MAX_BYTES) throw UNUSUAL;
  const wordLength = (byteLength + 3) >> 2;
  reserve(1 + wordLength);
  words[cursor++] = byteLength;
  memory.bytes.set(bytes, cursor * 4);
  cursor += wordLength;
}

function kindOfView(value: ArrayBufferView): number {
  const kind = format.KIND_BY_NAME.get((value as unknown as ObjectWithTag)[Symbol.toStringTag]);
  if (kind === undefined) throw UNUSUAL;
  return kind;
}

interface ObjectWithTag {
  readonly [Symbol.toStringTag]: string;
}
