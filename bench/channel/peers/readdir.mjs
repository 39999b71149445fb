/** fs.promises.readdir, recursive, with kinds. */
import { readdir } from 'node:fs/promises';

export async function createPeer() {
  return {
    async count(root) {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => !entry.isDirectory()).length;
    },
  };
}
