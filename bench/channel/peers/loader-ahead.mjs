/** BackgroundGenerator: a native thread reads and decodes ahead. */
import { BackgroundGenerator, task } from '../../../dist/index.js';

const READING = task(new URL('../../../examples/tables.mjs', import.meta.url), 'readTables');

export async function createPeer() {
  return { open: (paths, bound) => new BackgroundGenerator(READING, bound, { args: [paths] }) };
}
