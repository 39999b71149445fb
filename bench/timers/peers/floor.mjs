/**
 * No timers at all: inserting does nothing, and the callbacks are called in due order in turns of a
 * thousand. What it costs is the price of the benchmark itself: loop, callback, book.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

const CALLS_PER_TURN = 1000;

/** Ids in due order, by a counting sort over whole milliseconds. */
function idsInDueOrder(delaysMs) {
  const latest = delaysMs.reduce((most, delayMs) => Math.max(most, delayMs), 0);
  const position = new Int32Array(latest + 2);
  for (const delayMs of delaysMs) position[delayMs + 1]++;
  for (let delayMs = 1; delayMs < position.length; delayMs++) {
    position[delayMs] += position[delayMs - 1];
  }
  const ids = new Int32Array(delaysMs.length);
  for (let id = 0; id < delaysMs.length; id++) ids[position[delaysMs[id]]++] = id;
  return ids;
}

export function createPeer() {
  let ids = new Int32Array(0);
  return {
    numericHandles: true,
    prepare: (delaysMs) => {
      ids = idsInDueOrder(delaysMs);
    },
    insert: () => 0,
    cancel: () => true,
    runAll: async (callback) => {
      for (let from = 0; from < ids.length; from += CALLS_PER_TURN) {
        const to = Math.min(from + CALLS_PER_TURN, ids.length);
        for (let index = from; index < to; index++) callback(ids[index]);
        await nextTurn();
      }
    },
  };
}
