/** fdir with full paths. */
import { fdir } from 'fdir';

export async function createPeer() {
  return {
    async count(root) {
      return (await new fdir().withFullPaths().crawl(root).withPromise()).length;
    },
  };
}
