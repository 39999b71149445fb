/** `walk` in a `for await` loop. */
import { walk } from '../../../dist/index.js';

export async function createPeer() {
  return {
    async count(root) {
      let files = 0;
      for await (const _path of walk(root)) files++;
      return files;
    },
  };
}
