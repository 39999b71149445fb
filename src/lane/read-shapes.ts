import type { CodecMemory } from './codec-memory.ts';
import { corrupt } from './corrupt-value.ts';

/** The keys of objects that look alike, and a function that makes one in one go. */
export interface ReadShape {
  readonly description: Int32Array;
  readonly keys: readonly string[];
  /** Reads the values in the order of the keys. */
  make: ((read: () => unknown) => object) | undefined;
  met: number;
}

const SLOTS = 512;
/** Compiling costs as much as some hundred objects made key by key. */
const MEETINGS_BEFORE_COMPILING = 32;

const known: (ReadShape | undefined)[] = new Array(SLOTS).fill(undefined);
let mayCompile = true;

/** The shape described by `length` words from word `at` on. */
export function readShape(memory: CodecMemory, at: number, length: number): ReadShape {
  const { words } = memory;
  if (length < 3) throw corrupt('a description that is too short');
  const slot = words[at]! & (SLOTS - 1);
  const shape = known[slot];
  if (shape !== undefined && isSame(shape.description, words, at, length)) {
    if (shape.make === undefined && ++shape.met >= MEETINGS_BEFORE_COMPILING) compile(shape);
    return shape;
  }
  const fresh = parse(memory, at, length);
  known[slot] = fresh;
  return fresh;
}

function isSame(description: Int32Array, words: Int32Array, at: number, length: number): boolean {
  if (description.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (description[index] !== words[at + index]) return false;
  }
  return true;
}

function parse(memory: CodecMemory, at: number, length: number): ReadShape {
  const { words, bytes } = memory;
  const count = words[at + 1]!;
  const wide = (words[at + 2]! & 1) === 1;
  const characters = words[at + 2]! >>> 1;
  const byteLength = wide ? characters * 2 : characters;
  if (count < 0 || 3 + count + Math.ceil(byteLength / 4) !== length) {
    throw corrupt('a description of another length');
  }
  const from = (at + 3 + count) * 4;
  const text = bytes.toString(wide ? 'utf16le' : 'latin1', from, from + byteLength);
  const keys: string[] = [];
  let position = 0;
  for (let index = 0; index < count; index++) {
    const keyLength = words[at + 3 + index]!;
    if (keyLength < 0) throw corrupt('a key of negative length');
    keys.push(text.slice(position, position + keyLength));
    position += keyLength;
  }
  if (position !== text.length) throw corrupt('keys of another length than described');
  return { description: words.slice(at, at + length), keys, make: undefined, met: 0 };
}

/** An object literal is several times as fast as one assignment per key. */
function compile(shape: ReadShape): void {
  shape.met = 0;
  if (!mayCompile) return;
  // As names only, quoted by JSON; computed for `__proto__`, which would set the prototype otherwise.
  const properties = shape.keys.map((key) => `[${JSON.stringify(key)}]:read()`);
  try {
    shape.make = new Function('read', `return {${properties.join(',')}}`) as ReadShape['make'];
  } catch {
    mayCompile = false; // code generation is switched off in this process
  }
}
