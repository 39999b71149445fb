/** synckit: one thread, and the caller blocks for each job. */
import { fileURLToPath } from 'node:url';

const THREAD = fileURLToPath(new URL('synckit-thread.mjs', import.meta.url));

export function createPeer() {
  let call;
  return {
    isBlocking: true,
    async open() {
      const { createSyncFn } = await import('synckit');
      call = createSyncFn(THREAD);
    },
    run: (kind, value) => call(kind, value),
  };
}
