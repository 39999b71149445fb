// Makes tarballs as npm makes them, and reads back what is in them.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { list } from 'tar';
import { npm, run } from '../toolchain.mjs';

/**
 * Packs a folder by `npm pack`.
 * @returns path of the tarball in `destination`
 */
export function packFolder(folder, destination) {
  const flags = [
    '--json',
    '--ignore-scripts',
    '--loglevel=error',
    '--pack-destination',
    destination,
  ];
  const { code, output } = run([...npm(), 'pack', folder, ...flags]);
  const answer = code === 0 && /[[{][\s\S]*[\]}]/.exec(output)?.[0];
  if (!answer) throw new Error(`npm pack ${folder} failed:\n${output}`);
  // An array until npm 11, an object by package names from npm 12 on.
  const [{ filename }] = Object.values(JSON.parse(answer));
  return join(destination, filename);
}

/** Size, file names and manifest of a tarball, from what is really in it. */
export async function readTarball(path) {
  const files = [];
  let manifest = '';
  await list({
    file: path,
    onReadEntry(entry) {
      files.push(entry.path.replace(/^package\//, ''));
      if (entry.path !== 'package/package.json') return;
      entry.on('data', (chunk) => {
        manifest += chunk;
      });
    },
  });
  return { bytes: statSync(path).size, files: files.sort(), manifest: JSON.parse(manifest) };
}
