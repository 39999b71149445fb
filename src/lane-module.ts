/**
 * Where the module that native threads run lies. A file of its own at the top of the sources, because
 * a bundled copy of it lies at the top of `dist`, too.
 *
 * Threads run the compiled module also when a TypeScript loader runs the sources here.
 */
export const LANE_MODULE: URL = import.meta.url.endsWith('.ts')
  ? new URL('../dist/lane/lane-thread.js', import.meta.url)
  : new URL('./lane/lane-thread.js', import.meta.url);
