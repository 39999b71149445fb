// The end of looking at results by oneself: from then on the core wakes, and what came in between,
// into the ring or not, must not be left lying. (How the two sides see each other: `models/jobs.rs`.)
import test from 'ava';
import type { ClientMemory } from '../src/lane/lane-memory.ts';
import { ResultPoll } from '../src/lane/result-poll.ts';

/** Where results are when the word that asks for a wake-up is written. */
interface AtTheEnd {
  readonly hasResults: boolean;
  readonly hasBacklog: boolean;
}

/** How often results were fetched after the poll had said that it looks no longer. */
async function fetchesAfterTheEnd(atTheEnd: AtTheEnd): Promise<number> {
  const memory = {
    hasResults: false,
    hasBacklog: false,
    setAwake(isAwake: boolean): void {
      if (!isAwake) Object.assign(memory, atTheEnd, { isOver: true });
    },
    isOver: false,
  };
  let fetches = 0;
  const dispatch = (): void => {
    fetches++;
  };
  const poll = new ResultPoll(memory as unknown as ClientMemory, dispatch);
  poll.begin();
  poll.note(); // nothing is waited for any more, so that the next look is the last
  while (!memory.isOver) await new Promise(setImmediate);
  return fetches;
}

test('results that came with the last look are fetched', async (t) => {
  t.is(await fetchesAfterTheEnd({ hasResults: true, hasBacklog: false }), 1);
});

test('results that found no room in the ring are fetched', async (t) => {
  t.is(await fetchesAfterTheEnd({ hasResults: false, hasBacklog: true }), 1);
});

test('without results nothing is fetched', async (t) => {
  t.is(await fetchesAfterTheEnd({ hasResults: false, hasBacklog: false }), 0);
});
