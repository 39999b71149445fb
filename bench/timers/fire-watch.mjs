/** Waits until every timer has fired, or until it is clear that the rest never will. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 1000;
/** So long without a single fire after the last deadline means lost. */
const SILENCE_MS = 3000;
/** A timer that fires twice does so at once or never: wait a moment before the counts are read. */
const SECOND_FIRE_MS = 100;

async function untilSilent(ledger, lastDueMs, stopped) {
  let seen = -1;
  let silentMs = 0;
  while (!stopped()) {
    await sleep(LOOK_EVERY_MS);
    const fired = ledger.firedSoFar();
    silentMs = fired === seen && performance.now() > lastDueMs ? silentMs + LOOK_EVERY_MS : 0;
    if (silentMs >= SILENCE_MS) return;
    seen = fired;
  }
}

/** @param onDone called at the last fire, before anything else happens */
export async function allFired(ledger, count, lastDueMs, onDone) {
  let finished = false;
  const complete = ledger.target(count).then(() => {
    if (finished) return;
    finished = true;
    onDone();
  });
  await Promise.race([complete, untilSilent(ledger, lastDueMs, () => finished)]);
  if (!finished) {
    finished = true;
    onDone();
  }
  await sleep(SECOND_FIRE_MS);
}
