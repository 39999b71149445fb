import { deserialize, serialize } from 'node:v8';
import type { ChannelMemory } from './channel-memory.ts';

let kept: Buffer | undefined;
export function encodeValue(
  memory: ChannelMemory,
  at: number,
  limit: number,
  value: unknown,
): number {
  kept = serialize(value);
  if (kept.length + 8 > limit) return -(kept.length + 8);
  memory.words[at >> 2] = kept.length;
  memory.bytes.set(kept, at + 8);
  return kept.length + 8;
}
export function decodeValue(memory: ChannelMemory, at: number): unknown {
  return deserialize(memory.bytes.subarray(at + 8, at + 8 + memory.words[at >> 2]!));
}
