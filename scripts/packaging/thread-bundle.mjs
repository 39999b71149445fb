// The file that every native thread starts with: one, and CommonJS. A thread whose file is an ES module
// sets up Node's loader for those first and then reads each file by itself, which takes a third
// as long again as all else that a new thread does. The loader comes with the first `import()`.
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../toolchain.mjs';

/** At the top of `dist`, as the chunks are: paths to what lies beside the package count from there. */
export const THREAD_FILE = 'lane-thread.cjs';

export async function bundleThread() {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/lane/lane-thread.ts'],
    outfile: join('dist', THREAD_FILE),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    minifyWhitespace: true,
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: "const moduleUrl=require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
}
