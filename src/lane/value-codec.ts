/**
 * One JavaScript value as bytes in memory that several threads see.
 *
 * What is read equals what structured clone would give, in every case but one: a Buffer stays a Buffer
 * (structured clone makes a Uint8Array of it) and carries its own bytes only, not the pool around them.
 */
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { type CharacterBytes, type CodecMemory, codecMemory } from './codec-memory.ts';
import { corrupt } from './corrupt-value.ts';
import { readForeign, writeForeign } from './foreign-value.ts';
import { readTree } from './tree-reader.ts';
import { isLatin1, isWritingTree, PORT_ONLY, UNUSUAL, writeTree } from './tree-writer.ts';
import { refuse, surveyValue } from './uncloneable.ts';
import { UncloneableError } from './uncloneable-error.ts';
import * as format from './value-format.ts';

export { type CodecMemory, codecMemory } from './codec-memory.ts';
export { refuse } from './uncloneable.ts';
export { UncloneableError } from './uncloneable-error.ts';

/** V8 keeps so many bytes in its own heap, and word by word they are copied faster than by a call. */
const MOST_HEAP_BYTES = 64;
/** Of a Buffer it makes a Buffer with memory of its own, in one step. */
const copyBytes = Uint8Array.prototype.slice;

/**
 * What `encodeValue` and `encodeOwn` return for a value that bytes cannot carry but a message port can:
 * one with a SharedArrayBuffer, a MessagePort, a Blob, a WebAssembly.Module and the like.
 */
export const NEEDS_PORT = 0;

const NO_BYTES = new Uint8Array(0);

/**
 * Writes `value` at byte `at`, a multiple of 8, using `limit` bytes at most.
 *
 * Returns the bytes used: a multiple of 8, at least 8. Returns minus the bytes that would be needed when
 * they are more than `limit`, with the memory after `at` in any state, or NEEDS_PORT. A second attempt may
 * need a little more than the first one said, when the value's keys got a shape meanwhile: try in a loop,
 * or take `encodeOwn`.
 *
 * @param name - what the value is called in errors, such as `result`
 * @throws UncloneableError (`BACKBEAT_UNCLONEABLE`) for what no thread can be given, with its path
 */
export function encodeValue(
  memory: CodecMemory,
  at: number,
  limit: number,
  value: unknown,
  name = 'value',
): number {
  if (limit < 16) return encodeShort(memory, at, limit, value, name);
  const { words } = memory;
  const word = at >> 2;
  switch (typeof value) {
    case 'number': {
      const integer = value | 0;
      if (integer === value && (integer !== 0 || 1 / value > 0)) {
        words[word] = format.INT;
        words[word + 1] = integer;
        return 8;
      }
      words[word] = format.DOUBLE;
      memory.doubles[(at >> 3) + 1] = value;
      return 16;
    }
    case 'string':
      return encodeString(memory, at, limit, value);
    case 'boolean':
      words[word] = value ? format.TRUE : format.FALSE;
      return 8;
    case 'undefined':
      words[word] = format.UNDEFINED;
      return 8;
    case 'object':
      if (value !== null) return encodeObject(memory, at, limit, value, name);
      words[word] = format.NULL;
      return 8;
    default:
      return encodeObject(memory, at, limit, value, name);
  }
}

/** The value at byte `at`. It is a copy: nothing of it points into the memory. */
export function decodeValue(memory: CodecMemory, at: number): unknown {
  const { words } = memory;
  const word = at >> 2;
  const length = words[word + 1]!;
  switch (words[word]! & 0xff) {
    case format.INT:
      return length;
    case format.DOUBLE:
      return memory.doubles[(at >> 3) + 1];
    case format.UNDEFINED:
      return undefined;
    case format.NULL:
      return null;
    case format.TRUE:
      return true;
    case format.FALSE:
      return false;
    case format.LATIN1:
      return memory.bytes.latin1Slice(at + 8, endOf(memory, at + 8, length));
    case format.UTF16:
      return memory.bytes.ucs2Slice(at + 8, endOf(memory, at + 8, length * 2));
    case format.TREE:
      endOf(memory, at, length);
      return readTree(memory, at, length);
    case format.BYTES: {
      const copy = new Uint8Array(length < 0 ? 0 : length);
      copy.set(memory.bytes.subarray(at + 8, endOf(memory, at + 8, length)));
      return copy;
    }
    case format.NODE_BUFFER:
      return readBuffer(memory, at + 8, length);
    case format.FOREIGN:
      return readForeign(memory.bytes.subarray(at + 8, endOf(memory, at + 8, length)));
    default:
      throw corrupt(`the unknown tag ${words[word]! & 0xff}`);
  }
}

/** The same bytes in memory of their own, for what does not fit; or NEEDS_PORT. */
export function encodeOwn(value: unknown, name = 'value'): Buffer | typeof NEEDS_PORT {
  let memory = codecMemory(new ArrayBuffer(4096));
  let used = encodeValue(memory, 0, 4096, value, name);
  while (used < 0) {
    memory = codecMemory(new ArrayBuffer(-used));
    used = encodeValue(memory, 0, -used, value, name);
  }
  return used === NEEDS_PORT ? NEEDS_PORT : memory.bytes.subarray(0, used);
}

/** A value as bytes in two parts: `body`, when it is not empty, is that of the value itself. */
export interface EncodedParts {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

/** As {@link encodeOwn}, but a long array of bytes is not copied for it. */
export function encodeParts(value: unknown, name = 'value'): EncodedParts | typeof NEEDS_PORT {
  if (value instanceof Uint8Array) {
    const memory = codecMemory(new ArrayBuffer(8));
    if (encodeBytesHead(memory, 0, value)) return { head: memory.bytes, body: value };
  }
  const head = encodeOwn(value, name);
  return head === NEEDS_PORT ? NEEDS_PORT : { head, body: NO_BYTES };
}

function encodeString(memory: CodecMemory, at: number, limit: number, value: string): number {
  const { length } = value;
  const wide = !isLatin1(value);
  const byteLength = wide ? length * 2 : length;
  const used = 8 + roundUp(byteLength);
  if (used > limit) return -used;
  memory.words[at >> 2] = wide ? format.UTF16 : format.LATIN1;
  memory.words[(at >> 2) + 1] = length;
  if (wide) memory.bytes.ucs2Write(value, at + 8, byteLength);
  else memory.bytes.latin1Write(value, at + 8, byteLength);
  return used;
}

function encodeObject(
  memory: CodecMemory,
  at: number,
  limit: number,
  value: unknown,
  name: string,
): number {
  if (value instanceof Uint8Array) {
    const used = encodeBytes(memory, at, limit, value);
    if (used !== 0) return used;
  }
  if (!isWritingTree()) {
    try {
      return writeTree(memory, at, limit, value);
    } catch (error) {
      if (error === PORT_ONLY) return needsPort(value, name);
      if (error !== UNUSUAL) throw refuse(value, name, error);
    }
  }
  return encodeForeign(memory, at, limit, value, name);
}

/** A Buffer, or an array that has its buffer for itself; 0 for others. */
function encodeBytes(memory: CodecMemory, at: number, limit: number, value: Uint8Array): number {
  if (!encodeBytesHead(memory, at, value)) return 0;
  const used = 8 + roundUp(value.byteLength);
  if (used > limit) return -used;
  memory.bytes.set(value, at + 8);
  return used;
}

/** Tag and length of such an array; false, with nothing written, for others. */
function encodeBytesHead(memory: CodecMemory, at: number, value: Uint8Array): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  const isNodeBuffer = prototype === Buffer.prototype;
  const { buffer, byteLength } = value;
  if (!types.isArrayBuffer(buffer)) return false;
  if (
    !isNodeBuffer &&
    (prototype !== Uint8Array.prototype ||
      byteLength === 0 ||
      byteLength !== buffer.byteLength ||
      (buffer as { resizable?: boolean }).resizable === true)
  ) {
    return false;
  }
  if (byteLength > format.MAX_BYTES) return false;
  memory.words[at >> 2] = isNodeBuffer ? format.NODE_BUFFER : format.BYTES;
  memory.words[(at >> 2) + 1] = byteLength;
  return true;
}

function encodeForeign(
  memory: CodecMemory,
  at: number,
  limit: number,
  value: unknown,
  name: string,
): number {
  const survey = surveyValue(value);
  if (survey.refusal !== undefined) throw new UncloneableError(name, survey.refusal);
  if (survey.needsPort) return NEEDS_PORT;
  let bytes: Buffer;
  try {
    bytes = writeForeign(value);
  } catch (error) {
    if (error === PORT_ONLY) return NEEDS_PORT;
    throw refuse(value, name, error);
  }
  const used = 8 + roundUp(bytes.length);
  if (used > limit) return -used;
  memory.words[at >> 2] = format.FOREIGN;
  memory.words[(at >> 2) + 1] = bytes.length;
  memory.bytes.set(bytes, at + 8);
  return used;
}

function needsPort(value: unknown, name: string): typeof NEEDS_PORT {
  const survey = surveyValue(value);
  if (survey.refusal !== undefined) throw new UncloneableError(name, survey.refusal);
  return NEEDS_PORT;
}

/** Into eight bytes fits what has no more than a tag and a word. */
function encodeShort(
  memory: CodecMemory,
  at: number,
  limit: number,
  value: unknown,
  name: string,
): number {
  const own = encodeOwn(value, name);
  if (own === NEEDS_PORT) return NEEDS_PORT;
  if (own.length > limit) return -own.length;
  memory.bytes.set(own, at);
  return own.length;
}

/** End of `length` bytes from `from` on, which must lie inside the memory. */
function readBuffer(memory: CodecMemory, at: number, length: number): Buffer {
  const { bytes, words } = memory;
  const end = endOf(memory, at, length);
  if (length > MOST_HEAP_BYTES) return copyBytes.call(bytes, at, end) as Buffer;
  const buffer = Buffer.alloc(length);
  const whole = length & ~3;
  for (let index = 0; index < whole; index += 4) {
    const word = words[(at + index) >> 2]!;
    buffer[index] = word;
    buffer[index + 1] = word >> 8;
    buffer[index + 2] = word >> 16;
    buffer[index + 3] = word >> 24;
  }
  for (let index = whole; index < length; index++) buffer[index] = bytes[at + index]!;
  return buffer;
}

function endOf(memory: { bytes: CharacterBytes }, from: number, length: number): number {
  if (length < 0 || length > memory.bytes.length - from) throw corrupt('a length beyond the end');
  return from + length;
}

function roundUp(byteLength: number): number {
  return (byteLength + 7) & ~7;
}
