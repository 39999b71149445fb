/** fs.promises.opendir, recursive. */
import { opendir } from 'node:fs/promises';

export async function createPeer() {
  return {
    async count(root) {
      let files = 0;
      for await (const entry of await opendir(root, { recursive: true, bufferSize: 1024 })) {
        if (!entry.isDirectory()) files++;
      }
      return files;
    },
  };
}
