// The modules that are bundled: what programs import, and what native threads run.

/** Public entries, as in `exports` of package.json; the main one first. */
export const PUBLIC_ENTRIES = [
  'index.ts',
  'scheduler.ts',
  'timers/index.ts',
  'timers/promises.ts',
  'timers/register.ts',
];

/** Modules that are named by a URL, never imported (`threadModule`). */
export const THREAD_ENTRIES = [
  'fan-out/range-driver.ts',
  'generator/producer.ts',
  'ordered/consume-driver.ts',
];
