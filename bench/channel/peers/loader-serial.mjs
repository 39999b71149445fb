/** The same loop over the generator itself, without a thread. */
import { readTables } from '../../../examples/tables.mjs';

export async function createPeer() {
  return { open: (paths) => readTables(paths) };
}
