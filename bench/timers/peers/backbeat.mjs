/** backbeat as it is built: the low-level scheduler, and the pool for named actors. */
const SCHEDULER = new URL('../../../dist/scheduler.js', import.meta.url);
const PACKAGE = new URL('../../../dist/index.js', import.meta.url);
const MS_PER_SECOND = 1000;

export async function createPeer({ caseName }) {
  const scheduler = await import(SCHEDULER);
  const peer = {
    numericHandles: true,
    insert: scheduler.after,
    every: scheduler.every,
    cancel: scheduler.cancel,
    rearm: scheduler.rearm,
    skipped: () => scheduler.stats().missed,
    /** Written for the timer thread, but not yet read by it. */
    backlog: () => {
      const { pending, queued } = scheduler.stats();
      return Math.max(0, pending - queued);
    },
  };
  if (caseName === 'actor' || caseName === 'actors-at-scale') {
    const { BackgroundWorkerPool } = await import(PACKAGE);
    peer.actor = (callback, name, data, delayMs) =>
      BackgroundWorkerPool.newActor(callback, {
        name,
        data,
        delay: delayMs / MS_PER_SECOND,
      }).start();
  }
  return peer;
}
