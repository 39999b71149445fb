/**
 * The bytes of one value.
 *
 * A frame starts at a multiple of 8 and is a multiple of 8 long. Its first word is a tag, the second a
 * length or the value itself:
 *
 * ```
 * UNDEFINED … FALSE   tag, 0
 * INT                 tag, the integer
 * DOUBLE, DATE        tag, 0, the double
 * LATIN1, UTF16       tag, characters, the characters
 * BYTES, NODE_BUFFER  tag, bytes, the bytes
 * FOREIGN             tag, bytes, what node:v8 wrote
 * TREE                tag and flags, bytes of the frame, characters of the pool, bytes before the pool,
 *                     nodes …, the pool
 * ```
 *
 * A node of a tree is a word with its tag in the low byte and a number in the upper 24 bits, then what
 * the tag asks for. All short strings of a tree stand in one pool, in the order in which they occur, so
 * they cost one native call together instead of one each.
 */
export const UNDEFINED = 1;
export const NULL = 2;
export const TRUE = 3;
export const FALSE = 4;
/** In a tree: the number is in the upper 24 bits. */
export const INT = 5;
export const DOUBLE = 6;
/** Characters one byte each, in a tree the count in the next word. */
export const LATIN1 = 7;
export const UTF16 = 8;
export const FOREIGN = 9;
export const TREE = 10;
/** A Uint8Array that covers the whole of its own buffer. */
export const BYTES = 11;
export const NODE_BUFFER = 12;
export const DATE = 13;

// Inside trees only.
/** An integer that needs all 32 bits: it is in the next word. */
export const WIDE_INT = 14;
/** A string of the pool; the upper bits are its length. */
export const POOLED = 15;
export const BIGINT = 16;
/** Elements follow, their count in the next word. */
export const ARRAY = 17;
/** An array of 32-bit integers only. */
export const INTS = 18;
/** An array of numbers only; aligned to 8. */
export const DOUBLES = 19;
/** An object whose keys are described here; the upper bits are the words of the description. */
export const OBJECT = 20;
/** An object with the keys of an earlier one of this tree, whose index is in the upper bits. */
export const OBJECT_LIKE = 21;
/** An object with keys and values in turn; the upper bits are the number of keys. */
export const DICTIONARY = 22;
/** The object of this tree with the index in the upper bits, once more. */
export const REPEATED = 23;
export const MAP = 24;
export const SET = 25;
export const REGEXP = 26;
export const BOXED = 27;
export const BUFFER = 28;
/** A typed array over a buffer of its own; the upper bits are its kind. */
export const OWN_VIEW = 29;
/** A view: kind, offset, length, then its buffer. */
export const VIEW = 30;

/** Flags of TREE, above the tag. */
export const HAS_REPEATS: number = 1 << 8;
export const POOL_IS_UTF16: number = 1 << 9;

export const TREE_HEADER_WORDS = 4;
/** Deeper values are left to node:v8, which watches the stack itself. */
export const MAX_DEPTH = 200;
/** Longer strings stand on their own: joining them costs more than the call that is saved. */
export const POOLED_CHARACTERS = 64;
/** A string cut from the pool may keep all of it alive, so the pool stays small. */
export const POOL_CHARACTERS = 4096;
/** Larger ones are left to node:v8, whose lengths have no such limit. */
export const MAX_BYTES = 0x3fff_ffff;
/** Objects with more keys are written as dictionaries. */
export const SHAPE_KEYS = 48;

export type ViewConstructor = new (
  buffer: ArrayBufferLike,
  byteOffset?: number,
  length?: number,
) => ArrayBufferView;

/** Kinds of views by number. DataView is the last one and counts in bytes. */
export const VIEW_KINDS: readonly ViewConstructor[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

/** Their numbers by name, which the tag of an object tells whatever its class. */
export const KIND_BY_NAME: ReadonlyMap<string, number> = new Map(
  VIEW_KINDS.map((View, kind) => [View.name, kind]),
);

/** One double seen as two words, for places that are not aligned to 8. */
export const splitDouble: Float64Array = new Float64Array(1);
export const splitWords: Int32Array = new Int32Array(splitDouble.buffer);
export const splitBigInt: BigInt64Array = new BigInt64Array(splitDouble.buffer);
