// Makes everything that is published, into one folder: the tarball of the main package, one per
// platform, and with --prebuilds the archives for prebuild-install. Publishes nothing.
//   node scripts/pack.mjs [--out FOLDER] [--binaries FOLDER] [--all] [--prebuilds]
// --binaries: where the .node files are, at any depth (default: the checkout's own). --all: as for a
// release; every target must be there, and no binary may ask for a newer glibc than promised.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { GLIBC_FLOOR, inspectBinary } from './packaging/binary-problems.mjs';
import { platformProblems, rootProblems } from './packaging/manifests.mjs';
import { makePrebuilds } from './packaging/prebuild-archives.mjs';
import { stagePlatforms, stageRoot } from './packaging/staging.mjs';
import { packFolder, readTarball } from './packaging/tarballs.mjs';
import { manifest, targets } from './packaging/targets.mjs';
import { ROOT, stop } from './toolchain.mjs';

const MAX_ROOT_BYTES = 300_000;
const MAX_PLATFORM_BYTES = 2_000_000;

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(ROOT, 'target', 'packages') },
    binaries: { type: 'string' },
    all: { type: 'boolean', default: false },
    prebuilds: { type: 'boolean', default: false },
  },
});
const out = resolve(values.out);
const staging = join(out, 'staging');
const problems = [];

if (!existsSync(join(ROOT, 'dist', 'index.js')))
  stop('dist/ is missing: run `npm run setup` first');
const binaries = findBinaries();
rmSync(out, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });

stageRoot(join(staging, 'root'), manifest, binaries);
const packages = [await packRoot(), ...(await packPlatforms())];
if (values.prebuilds) packages.push(...(await makePrebuilds(join(out, 'prebuilds'), binaries)));
rmSync(staging, { recursive: true });
writeFileSync(join(out, 'packages.json'), `${JSON.stringify(packages, null, 2)}\n`);
report();

function findBinaries() {
  const folder = resolve(values.binaries ?? ROOT);
  const names = readdirSync(folder, { recursive: values.binaries !== undefined });
  const found = targets.flatMap((target) => {
    const paths = names.filter((name) => basename(name) === target.binary);
    if (paths.length > 1) stop(`more than one ${target.binary} in ${folder}: ${paths.join(', ')}`);
    return paths.map((path) => ({ target, path: join(folder, path) }));
  });
  const missing = targets.filter((target) => found.every((binary) => binary.target !== target));
  if (values.all) problems.push(...missing.map(({ binary }) => `${binary} is missing`));
  if (found.length === 0) stop(`there is no binary in ${folder}: run \`npm run setup\` first`);
  for (const { target, path } of found) {
    const wrong = inspectBinary(path, target, values.all ? GLIBC_FLOOR : null).problems;
    problems.push(...wrong.map((why) => `${target.binary} ${why}`));
  }
  return found;
}

async function packRoot() {
  const path = packFolder(join(staging, 'root'), out);
  const { bytes, files, manifest: published } = await readTarball(path);
  problems.push(...rootProblems(published, manifest.version));
  if (files.some((name) => name.endsWith('.node'))) problems.push('a binary in the main package');
  if (bytes > MAX_ROOT_BYTES) problems.push(`${basename(path)} is above ${MAX_ROOT_BYTES} bytes`);
  return { name: manifest.name, file: basename(path), bytes, files, manifest: published };
}

async function packPlatforms() {
  const staged = await stagePlatforms(join(staging, 'platforms'), manifest, targets, binaries);
  const packed = [];
  for (const { target, folder, hasBinary } of staged) {
    const name = target.packageName;
    if (!hasBinary) {
      packed.push({ name, file: null, manifest: readManifest(folder) });
      continue;
    }
    const path = packFolder(folder, out);
    const { bytes, files, manifest: published } = await readTarball(path);
    const wrong = platformProblems(published, target, manifest.version);
    problems.push(...wrong.map((why) => `${name}: ${why}`));
    if (bytes > MAX_PLATFORM_BYTES) problems.push(`${name} is above ${MAX_PLATFORM_BYTES} bytes`);
    packed.push({ name, file: basename(path), bytes, files, manifest: published });
  }
  return packed;
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function report() {
  for (const { file, bytes, files } of packages.filter(({ file }) => file !== null)) {
    console.log(
      `${file}  ${(bytes / 1000).toFixed(1)} kB${files ? `, ${files.length} files` : ''}`,
    );
  }
  const others = targets.length - binaries.length;
  if (others > 0) console.log(`no binary here for ${others} of ${targets.length} targets`);
  console.log(`in ${relative(process.cwd(), out) || out}`);
  for (const problem of problems) console.error(`FAILED  ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
