/**
 * Where the module lies that runs generators on native threads. A file of its own at the top of the
 * sources for the same reason as `lane-module.ts`.
 */
export const PRODUCER_MODULE: URL = import.meta.url.endsWith('.ts')
  ? new URL('../dist/generator/producer.js', import.meta.url)
  : new URL('./generator/producer.js', import.meta.url);
