/**
 * Computes on a folder of compressed tables (`*.csv.gz`, a number per line), while a native thread
 * already reads, unpacks and parses the next ones:
 *
 *     node examples/load-ahead.mjs FOLDER [--serial]
 *
 * With `--serial` everything happens on one thread, to compare.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { BackgroundGenerator, task, walk } from 'backbeat';
import { analyse, readTables } from './tables.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { serial: { type: 'boolean', default: false } },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error('usage: node examples/load-ahead.mjs FOLDER [--serial]');
  process.exit(2);
}

const TABLES_AHEAD = 4;

/** The same loop reads either of them. */
function open(paths) {
  if (options.serial) return readTables(paths);
  const reading = task(new URL('./tables.mjs', import.meta.url), 'readTables');
  return new BackgroundGenerator(reading, TABLES_AHEAD, { args: [paths] });
}

try {
  const paths = [];
  for await (const path of walk(folder, { pattern: '*.csv.gz', sorted: true })) paths.push(path);
  const startedMs = performance.now();
  for await (const table of open(paths)) {
    const { name, mean, period } = analyse(table);
    console.log(`${name} mean ${mean.toFixed(3)} period ${period}`);
  }
  const elapsedMs = performance.now() - startedMs;
  console.error(`${paths.length} tables in ${elapsedMs.toFixed(0)} ms`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
