/** Three views of one piece of memory: bytes, 32-bit words and doubles. */
export interface CodecMemory {
  /** The whole memory as bytes. */
  readonly bytes: CharacterBytes;
  /** The same memory as 32-bit words. */
  readonly words: Int32Array;
  /** The same memory as doubles. */
  readonly doubles: Float64Array;
}

/**
 * A Buffer with the methods behind `toString` and `write`, which are documented nowhere and skip the
 * look-up of the encoding.
 */
export interface CharacterBytes extends Buffer {
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number, byteLength: number): number;
  ucs2Write(text: string, offset: number, byteLength: number): number;
}

/**
 * Makes the views of `buffer`. Its length is rounded down to a multiple of 8.
 */
export function codecMemory(buffer: ArrayBuffer): CodecMemory {
  const byteLength = buffer.byteLength & ~7;
  return {
    bytes: Buffer.from(buffer, 0, byteLength) as CharacterBytes,
    words: new Int32Array(buffer, 0, byteLength >> 2),
    doubles: new Float64Array(buffer, 0, byteLength >> 3),
  };
}
