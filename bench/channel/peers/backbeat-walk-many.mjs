/** `walk` by `receiveMany`. */
import { walk } from '../../../dist/index.js';

export async function createPeer() {
  return {
    async count(root) {
      const entries = walk(root);
      let files = 0;
      for (let batch = await entries.receiveMany(); batch.length > 0; ) {
        files += batch.length;
        batch = await entries.receiveMany();
      }
      return files;
    },
  };
}
