/** What a delay means: the coercion of Node's timers, and the exact one. */
import { nodeTimers } from './node-timers.ts';

/** The longest delay that Node's timers know, in milliseconds. Longer ones become 1 ms there. */
export const LONGEST_NODE_DELAY_MS: number = 2 ** 31 - 1;

const SHORTEST_DELAY_MS = 1;
let hasWarnedOfNegative = false;
let hasWarnedOfNaN = false;

/** A delay as Node's timers read it: what is below 1, above 2^31 - 1 or no number becomes 1. */
export function nodeDelayMs(delay: unknown): number {
  if (delay === undefined) return SHORTEST_DELAY_MS;
  // Throws for a symbol and a bigint, as Node does.
  const delayMs = (delay as number) * 1;
  if (delayMs >= SHORTEST_DELAY_MS && delayMs <= LONGEST_NODE_DELAY_MS) return delayMs;
  if (delayMs !== 0) warnAsNode(delayMs);
  return SHORTEST_DELAY_MS;
}

/** A delay as it is, with its fraction and however long. Zero, less and no number become 0. */
export function exactDelayMs(delay: unknown): number {
  const delayMs = (delay as number) * 1;
  return delayMs > 0 ? delayMs : 0;
}

/** An interval as it is; zero, less and no number become 1, because 0 would never end. */
export function exactIntervalMs(delay: unknown): number {
  return exactDelayMs(delay) || SHORTEST_DELAY_MS;
}

/**
 * Whether there is a warning, and its words, differ between the versions of Node. So Node itself is
 * given the delay; of those that it warns of once in a process only the first.
 */
function warnAsNode(delayMs: number): void {
  if (delayMs < SHORTEST_DELAY_MS) {
    if (delayMs > 0 || hasWarnedOfNegative) return;
    hasWarnedOfNegative = true;
  } else if (Number.isNaN(delayMs)) {
    if (hasWarnedOfNaN) return;
    hasWarnedOfNaN = true;
  }
  nodeTimers.clearTimeout(nodeTimers.setTimeout(() => undefined, delayMs));
}
