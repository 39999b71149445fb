/**
 * What every peer does before it is measured: all threads are up, and the compiler has seen the way
 * of a job.
 */
import { runInWindow } from './window.mjs';

/** So many of a kind, and the compiler is done with them. */
export const SMALL_JOBS = 5000;
const LONG_JOB_MS = 30;

export async function openWarm(peer, threads) {
  await peer.open(threads);
  // Long enough that no thread takes two of them.
  await Promise.all(Array.from({ length: threads }, () => peer.run('compute', LONG_JOB_MS)));
  if (peer.isBlocking) return;
  await runInWindow(
    SMALL_JOBS,
    64,
    (job) => peer.run('increment', job),
    () => true,
  );
}
