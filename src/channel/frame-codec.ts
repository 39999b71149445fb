/**
 * Values as bytes of a frame: the value codec, and a shorter way for a Buffer that is a value by
 * itself. It travels as a copy of its bytes, whatever memory they are in. To ask for that memory
 * would make V8 move a small one out of its heap, which costs several times what the copy does.
 */
import { Buffer } from 'node:buffer';
import { encodeValue } from '../lane/value-codec.ts';
import { NODE_BUFFER } from '../lane/value-format.ts';
import type { ChannelMemory } from './channel-memory.ts';

// The global of this name is an accessor of Node's, which costs more than the test that needs it.
const BUFFER_PROTOTYPE: object = Buffer.prototype;

/** As `encodeValue`: the bytes used, minus the bytes needed, or NEEDS_PORT. */
export function encodePayload(
  memory: ChannelMemory,
  at: number,
  limit: number,
  value: unknown,
): number {
  if (typeof value === 'object' && value !== null) {
    if (Object.getPrototypeOf(value) === BUFFER_PROTOTYPE && ArrayBuffer.isView(value)) {
      return encodeBuffer(memory, at, limit, value as Buffer);
    }
  }
  return encodeValue(memory, at, limit, value);
}

function encodeBuffer(memory: ChannelMemory, at: number, limit: number, value: Buffer): number {
  const { length } = value;
  const used = 8 + ((length + 7) & ~7);
  if (used > limit) return -used;
  memory.words[at >> 2] = NODE_BUFFER;
  memory.words[(at >> 2) + 1] = length;
  memory.bytes.set(value, at + 8);
  return used;
}
