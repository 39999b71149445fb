/**
 * Keeps a busy channel from starving the event loop: promises that are settled at once never let
 * it turn, so after some time of nothing else the next one is settled by the loop.
 */
import { performance } from 'node:perf_hooks';

const readClock = performance.now.bind(performance);
const afterLoopPhase = setImmediate;

/** Reading the clock each time would cost as much as an item. */
const CALLS_PER_LOOK = 256;
const MAX_UNTURNED_MS = 5;

let calls = 0;
let turnedAtMs = 0;

/** Called for each promise that could be settled at once; true when the loop must turn first. */
export function mustTurn(): boolean {
  if (++calls < CALLS_PER_LOOK) return false;
  calls = 0;
  return readClock() - turnedAtMs > MAX_UNTURNED_MS;
}

/** The value, after the event loop has had its turn. */
export function afterTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => {
    afterLoopPhase(() => {
      turnedAtMs = readClock();
      resolve(value);
    });
  });
}
