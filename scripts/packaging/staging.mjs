// Puts together the folders that are packed: the main package and one per platform.

import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NapiCli } from '@napi-rs/cli';
import { ROOT } from '../toolchain.mjs';
import { rootManifest } from './manifests.mjs';
import { publishedFiles } from './published-files.mjs';

/** Goes into every package. */
const LEGAL_FILES = ['LICENSE'];
/** Licences of the crates that are linked; goes along with the binary. */
const LINKED_LICENCES = 'THIRD-PARTY.md';
/** Name of the table of checksums in the main package. */
export const CHECKSUMS = 'checksums.json';

/**
 * Makes the folder of the main package.
 * @param folder to make
 * @param manifest of the repository
 * @param binaries `{ target, path }` of each binary, for the table of checksums
 * @returns the manifest as it will be published
 */
export function stageRoot(folder, manifest, binaries) {
  for (const path of [...publishedFiles(manifest), 'README.md', ...LEGAL_FILES]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(folder, path));
  }
  const published = rootManifest(manifest);
  writeJson(join(folder, 'package.json'), published);
  writeJson(join(folder, CHECKSUMS), checksums(binaries));
  return published;
}

/**
 * Makes the folders of all platform packages by @napi-rs/cli, and puts the binaries into them. Not by
 * `napi artifacts`: that asks for every target even where few can be built, and copies each binary
 * into the checkout as well.
 * @returns folder of each target's package
 */
export async function stagePlatforms(folder, manifest, targets, binaries) {
  mkdirSync(folder, { recursive: true });
  writeJson(join(folder, 'package.json'), manifest);
  await quietly(() => new NapiCli().createNpmDirs({ cwd: folder, npmDir: 'npm' }));
  for (const { target, path } of binaries) {
    copyFileSync(path, join(folder, 'npm', target.name, target.binary));
  }
  return targets.map((target) => {
    const place = join(folder, 'npm', target.name);
    for (const file of [...LEGAL_FILES, LINKED_LICENCES])
      cpSync(join(ROOT, file), join(place, file));
    listFile(place, LINKED_LICENCES);
    return { target, folder: place, hasBinary: existsSync(join(place, target.binary)) };
  });
}

// npm packs LICENSE whatever the manifest says, and nothing else.
function listFile(folder, name) {
  const path = join(folder, 'package.json');
  const written = JSON.parse(readFileSync(path, 'utf8'));
  writeJson(path, { ...written, files: [...written.files, name] });
}

/** SHA-256 of a file, in hexadecimal digits. */
export function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function checksums(binaries) {
  return Object.fromEntries(binaries.map(({ target, path }) => [target.binary, sha256(path)]));
}

// It announces each folder on the error output.
async function quietly(work) {
  const write = process.stderr.write;
  process.stderr.write = () => true;
  try {
    await work();
  } finally {
    process.stderr.write = write;
  }
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
