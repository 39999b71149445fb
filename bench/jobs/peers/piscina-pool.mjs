import { fileURLToPath } from 'node:url';

const WORK = fileURLToPath(new URL('../work.mjs', import.meta.url));

export function openPiscina(options) {
  let pool;
  return {
    async open(threads) {
      const { Piscina } = await import('piscina');
      pool = new Piscina({ filename: WORK, minThreads: threads, maxThreads: threads, ...options });
    },
    run: (kind, value, transferList) => pool.run(value, { name: kind, transferList }),
  };
}
