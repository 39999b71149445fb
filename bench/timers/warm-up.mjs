/**
 * What every peer does before it is measured: enough inserts, cancels and fires for the compiler to
 * have seen the hot paths, so that small sizes do not measure compilation.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { WARM_UP_IDS } from '../measure/ledger.mjs';

const TURNS = 20;
const OPERATIONS_PER_TURN = 1000;
const LONG_DELAY_MS = 60_000;
const FIRES_WITHIN_MS = 20;
/** The scheduler libraries need up to 0.1 ms for one job: warm them with less. */
const LIBRARY_OPERATIONS = 200;
const LIBRARY_FIRES = 64;
const LIBRARY_DELAY_MS = 100;
const PATIENCE_MS = 1500;

/** Inserts and cancels in turns; nothing is left behind. */
export async function warmUpChurn(peer) {
  const turns = peer.isLibrary ? 1 : TURNS;
  const perTurn = peer.isLibrary ? LIBRARY_OPERATIONS : OPERATIONS_PER_TURN;
  const ignore = () => {};
  for (let turn = 0; turn < turns; turn++) {
    for (let index = 0; index < perTurn; index++) {
      peer.cancel(peer.insert(LONG_DELAY_MS + index, ignore, index));
    }
    await nextTurn();
  }
}

/** Lets some timers fire into the ids above `count`, then forgets what the ledger has seen. */
export async function warmUpFires(peer, ledger, count) {
  const fires = peer.isLibrary ? LIBRARY_FIRES : WARM_UP_IDS;
  const baseMs = peer.isLibrary ? LIBRARY_DELAY_MS : 1;
  const all = ledger.target(fires);
  for (let index = 0; index < fires; index++) {
    const delayMs = baseMs + (index % FIRES_WITHIN_MS);
    ledger.expect(count + index, delayMs);
    peer.insert(delayMs, ledger.callback, count + index);
  }
  await Promise.race([all, sleep(PATIENCE_MS)]);
  ledger.reset();
}
