/** tinypool on worker_threads. */
const WORK = new URL('../work.mjs', import.meta.url).href;

export function createPeer() {
  let pool;
  return {
    async open(threads) {
      const { Tinypool } = await import('tinypool');
      pool = new Tinypool({ filename: WORK, minThreads: threads, maxThreads: threads });
    },
    run: (kind, value, transferList) => pool.run(value, { name: kind, transferList }),
  };
}
