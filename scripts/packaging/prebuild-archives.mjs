// The archives that prebuild-install looks for, from the same binaries as the platform packages.
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { create } from 'tar';
import { sha256 } from './staging.mjs';
import { manifest } from './targets.mjs';

/** Name of the list of checksums beside the archives. */
export const CHECKSUM_LIST = 'SHA256SUMS';

/** The name that prebuild-install makes of package, version, Node-API version and platform. */
export function archiveName({ platform, arch, libc }) {
  const [napiVersion] = manifest.binary.napi_versions;
  const system = `${platform}${libc === 'musl' ? 'musl' : ''}-${arch}`;
  return `${manifest.name}-v${manifest.version}-napi-v${napiVersion}-${system}.tar.gz`;
}

/**
 * Makes one archive per binary, with the binary alone in it, and the list of their checksums.
 * @returns file and size of each
 */
export async function makePrebuilds(folder, binaries) {
  mkdirSync(folder, { recursive: true });
  const made = [];
  for (const { target, path } of binaries) {
    const file = join(folder, archiveName(target));
    await create(
      // The same bytes from the same binary, whenever and by whomever it is packed.
      { file, cwd: dirname(path), gzip: true, portable: true, noMtime: true, mode: 0o755 },
      [basename(path)],
    );
    made.push(file);
  }
  const lines = made.map((file) => `${sha256(file)}  ${basename(file)}\n`);
  writeFileSync(join(folder, CHECKSUM_LIST), lines.join(''));
  return made.map((file) => ({
    file: join('prebuilds', basename(file)),
    bytes: statSync(file).size,
  }));
}
