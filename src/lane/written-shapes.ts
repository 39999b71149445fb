import { SHAPE_KEYS } from './value-format.ts';

/** The keys of objects that look alike, with their description ready to be copied. */
export interface WrittenShape {
  /** Hash, number of keys, characters and width, lengths of the keys, the characters. */
  readonly description: Int32Array;
  /** Objects with such keys may be something else than plain ones. */
  readonly isAmbiguous: boolean;
  /** Index in the tree that is being written; valid while `tree` is the number of that tree. */
  index: number;
  tree: number;
  /** Hands the values of such an object over in the order of its keys, once there are many of them. */
  write: ((object: object, visit: (value: unknown) => void) => void) | undefined;
  met: number;
}

/**
 * A list of keys, one node per key. A node remembers the step that was taken last, because objects of
 * one kind come in rows.
 */
interface KeyNode {
  lastKey: string | undefined;
  lastNode: KeyNode | undefined;
  others: Map<string, KeyNode> | undefined;
  shape: WrittenShape | undefined;
  seen: number;
}

/** Compiling costs as much as some hundred objects written key by key. */
const MEETINGS_BEFORE_COMPILING = 64;

/** A list of keys gets a shape when it is met again: dictionaries never do. */
const MEETINGS_BEFORE_SHAPE = 2;
/** Bounds the memory; programs with more kinds of objects start anew. */
const MAX_NODES = 8192;
const MAX_KEY_CHARACTERS = 1024;

let root = newNode();
let nodes = 0;
let mayCompile = true;

/** The shape of objects with these own keys; `undefined` while it is not worth one. */
export function shapeOfKeys(keys: readonly string[]): WrittenShape | undefined {
  let node = root;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    node = node.lastKey === key ? node.lastNode! : step(node, key);
  }
  return node.shape ?? shapeOfNode(node, keys);
}

/**
 * Whether objects with these keys may be something else than plain ones: an arguments object, an
 * iterator, or any object that hides what it is behind a `constructor` of its own.
 */
export function isAmbiguous(keys: readonly string[]): boolean {
  return keys.length === 0 || /^\d/.test(keys[0]!) || keys.includes('constructor');
}

function shapeOfNode(node: KeyNode, keys: readonly string[]): WrittenShape | undefined {
  node.seen++;
  if (node.seen < MEETINGS_BEFORE_SHAPE || keys.length > SHAPE_KEYS) return undefined;
  const description = describe(keys);
  if (description === undefined) return undefined;
  node.shape = {
    description,
    isAmbiguous: isAmbiguous(keys),
    index: 0,
    tree: 0,
    write: undefined,
    met: 0,
  };
  return node.shape;
}

/**
 * The compiled writer of a shape that was met often, else `undefined`. It names each key at a place of its
 * own, where the engine remembers at which offset it lies.
 */
export function writerOf(shape: WrittenShape, keys: readonly string[]): WrittenShape['write'] {
  if (!mayCompile || ++shape.met < MEETINGS_BEFORE_COMPILING) return undefined;
  // As names only, quoted by JSON.
  const visits = keys.map((key) => `visit(object[${JSON.stringify(key)}])`);
  try {
    shape.write = new Function('object', 'visit', visits.join(';')) as WrittenShape['write'];
  } catch {
    mayCompile = false; // code generation is switched off in this process
  }
  return shape.write;
}

function step(node: KeyNode, key: string): KeyNode {
  let next = node.others?.get(key);
  if (next === undefined) {
    if (nodes >= MAX_NODES) {
      root = newNode();
      nodes = 0;
    }
    nodes++;
    next = newNode();
    node.others ??= new Map();
    node.others.set(key, next);
  }
  node.lastKey = key;
  node.lastNode = next;
  return next;
}

function newNode(): KeyNode {
  return { lastKey: undefined, lastNode: undefined, others: undefined, shape: undefined, seen: 0 };
}

function describe(keys: readonly string[]): Int32Array | undefined {
  const text = keys.join('');
  if (text.length > MAX_KEY_CHARACTERS) return undefined;
  const wide = /[^\0-\xff]/.test(text);
  const characters = Buffer.from(text, wide ? 'utf16le' : 'latin1');
  const words = new Int32Array(3 + keys.length + ((characters.length + 3) >> 2));
  words[1] = keys.length;
  words[2] = (text.length << 1) | (wide ? 1 : 0);
  keys.forEach((key, index) => {
    words[3 + index] = key.length;
  });
  Buffer.from(words.buffer).set(characters, (3 + keys.length) * 4);
  words[0] = hashOf(words);
  return words;
}

/** FNV-1a over words (Fowler, Noll, Vo), without the first, where the hash itself goes. */
function hashOf(words: Int32Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let index = 1; index < words.length; index++) {
    hash = Math.imul(hash ^ words[index]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}
