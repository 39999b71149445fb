/** Runs one group of a suite: all its peers, round by round, each run in a fresh process. */
import { runInFreshProcess } from './fresh-process.mjs';

const FIRST_SEED = 1;
const SEED_STEP = 1000;

/**
 * What a library failed at, so that it is not tried at a larger size of the same case. Only for
 * groups whose variant is a size.
 */
export class FailedSizes {
  #failures = new Map();

  add({ caseName, variant }, peerName, reason) {
    if (/^\d+$/.test(variant)) this.#failures.set(`${caseName} ${peerName}`, { variant, reason });
  }

  reasonNotToTry({ caseName }, peerName) {
    const failed = this.#failures.get(`${caseName} ${peerName}`);
    if (failed === undefined) return undefined;
    return `not tried: at ${failed.variant} it could not (${failed.reason})`;
  }
}

/** Slow groups do with fewer rounds, unless a number was asked for; libraries always. */
function roundsFor(group, isLibrary, { runs, runsAsked }) {
  if (isLibrary) return Math.min(group.libraryRounds ?? runs, runs);
  return runsAsked ? runs : Math.min(group.rounds ?? runs, runs);
}

async function runOnce(suite, group, peerName, round) {
  const { caseName, params, timeLimitS } = group;
  const isLibrary = suite.libraries.has(peerName);
  const seed = FIRST_SEED + (round - 1) * SEED_STEP;
  const job = { suite: suite.name, caseName, peerName, params: { ...params, seed } };
  const limitS = (isLibrary ? timeLimitS.library : undefined) ?? timeLimitS.other;
  const startedMs = Date.now();
  const outcome = await runInFreshProcess(job, limitS);
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  const label = suite.labelOf(peerName, caseName);
  console.error(`${group.id} round ${round} ${label}: ${outcome.failure ?? 'done'} (${seconds} s)`);
  return outcome;
}

/** @param cannot gives the reason why a peer is not even tried, or undefined */
export async function measureGroup(suite, group, { runs, runsAsked, failedSizes, cannot }) {
  const peers = Object.fromEntries(
    group.peers.map((peerName) => {
      const reason = cannot(peerName) ?? failedSizes.reasonNotToTry(group, peerName);
      return [peerName, { runs: [], failures: [], cannot: reason }];
    }),
  );
  for (let round = 1; round <= runs; round++) {
    const order = Object.entries(peers);
    // There and back, so that no peer always runs right after the same other one.
    if (round % 2 === 0) order.reverse();
    for (const [peerName, peer] of order) {
      const isLibrary = suite.libraries.has(peerName);
      if (peer.cannot !== undefined || round > roundsFor(group, isLibrary, { runs, runsAsked }))
        continue;
      const { figures, failure } = await runOnce(suite, group, peerName, round);
      if (failure === undefined) {
        peer.runs.push({ round, ...figures });
      } else if (isLibrary) {
        peer.cannot = failure;
        failedSizes.add(group, peerName, failure);
      } else {
        peer.failures.push({ round, reason: failure });
      }
    }
  }
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return { caseName: group.caseName, variant: group.variant, params: group.params, date, peers };
}
