import { gunzipSync } from 'node:zlib';

const BLOCK = 512;

/**
 * The regular files of a tarball as npm writes it, with paths inside the package. Read in memory,
 * because nothing is to be unpacked only to be looked at.
 */
export function filesOfTarball(tarball) {
  const archive = gunzipSync(tarball);
  const files = [];
  let position = 0;
  while (position + BLOCK <= archive.length && archive[position] !== 0) {
    const header = archive.subarray(position, position + BLOCK);
    const size = Number.parseInt(field(header, 124, 12), 8);
    const kind = field(header, 156, 1);
    const name = [field(header, 345, 155), field(header, 0, 100)].filter(Boolean).join('/');
    position += BLOCK;
    if (kind !== '0' && kind !== '') throw new Error(`${name}: entry of kind ${kind}`);
    files.push({
      path: name.replace(/^package\//, ''),
      content: archive.subarray(position, position + size),
    });
    position += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function field(header, start, length) {
  const text = header.toString('latin1', start, start + length);
  const end = text.indexOf('\0');
  return (end === -1 ? text : text.slice(0, end)).trim();
}
