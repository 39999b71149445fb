// What users get, judged as it is published: the list of files and sizes in the tarball of the main
// package against the committed one, publint, and the types as each way of resolving modules sees them.
//   node scripts/checks/packed-package.mjs [FOLDER]      judges what pack.mjs made there, or makes one
//   node scripts/checks/packed-package.mjs --write       writes packed-files.txt again
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { list } from 'tar';
import { stageRoot } from '../packaging/staging.mjs';
import { packFolder } from '../packaging/tarballs.mjs';
import { manifest } from '../packaging/targets.mjs';

const LIST = fileURLToPath(new URL('packed-files.txt', import.meta.url));
const TARBALL_LIMIT_KB = 300;
const HEAD = `# What the root package ships, and how large each file may become.
# Written by: npm run packed-files -- --write
# The tarball itself may have ${TARBALL_LIMIT_KB} KB.
`;

/**
 * There is one build, with ES modules as entries. Programs in CommonJS load it by Node's own `require` of ES
 * modules, which every supported Node has; the rule warns of Node versions that do not. A second build
 * would be a second copy of every class over one native core.
 */
const IGNORED_TYPE_PROBLEMS = new Set(['CJSResolvesToESM']);
/** The resolution of Node 10 knows no `exports`; no supported Node or compiler default has it. */
const IGNORED_RESOLUTIONS = new Set(['node10']);

const PACKAGE_CHECKS = {
  'packed files and sizes are as listed': problemsOfFiles,
  'publint, strict': problemsOfPublint,
  arethetypeswrong: problemsOfTypes,
};

/** Gives `use` the path of a tarball of the main package, which is gone afterwards. */
export async function withPackedRoot(use) {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-pack-'));
  try {
    stageRoot(join(folder, 'root'), manifest, []);
    return await use(packFolder(join(folder, 'root'), folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs all checks on a tarball, one after the other: their names, each with its problems. */
export async function judgePackage(tarball) {
  const judged = {};
  for (const [name, problemsOf] of Object.entries(PACKAGE_CHECKS)) {
    judged[name] = await problemsOf(tarball);
  }
  return judged;
}

async function problemsOfFiles(tarball) {
  const found = await sizesOf(tarball);
  const limits = new Map(
    readFileSync(LIST, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => /^(.*?) +(\d+) KB$/.exec(line))
      .map(([, name, limit]) => [name, Number(limit)]),
  );
  const problems = [
    ...[...found.keys()].filter((name) => !limits.has(name)).map((name) => `${name}: not listed`),
    ...[...limits.keys()].filter((name) => !found.has(name)).map((name) => `${name}: not packed`),
    ...[...found]
      .filter(([name, size]) => size > limits.get(name) * 1024)
      .map(([name, size]) => `${name}: ${size} bytes, more than ${limits.get(name)} KB`),
  ];
  const { size } = statSync(tarball);
  if (size > TARBALL_LIMIT_KB * 1000) {
    problems.push(`the tarball has ${size} bytes, more than ${TARBALL_LIMIT_KB} KB`);
  }
  if (problems.length > 0) problems.push('if that is meant: npm run packed-files -- --write');
  return problems;
}

async function sizesOf(tarball) {
  const sizes = new Map();
  await list({
    file: tarball,
    onReadEntry({ path, size }) {
      const name = path.replace(/^package\//, '');
      sizes.set(name, (sizes.get(name) ?? 0) + size);
    },
  });
  return new Map([...sizes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function problemsOfPublint(tarball) {
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }));
}

async function problemsOfTypes(tarball) {
  const { problems = [] } = await checkPackage(
    createPackageFromTarballData(new Uint8Array(readFileSync(tarball))),
  );
  return problems
    .filter(({ kind }) => !IGNORED_TYPE_PROBLEMS.has(kind))
    .filter(({ resolutionKind }) => !IGNORED_RESOLUTIONS.has(resolutionKind))
    .map((problem) => JSON.stringify(problem));
}

async function writeList(tarball) {
  // A quarter more than today, so that a small change passes and a doubled file does not.
  const lines = [...(await sizesOf(tarball))].map(
    ([name, size]) => `${name.padEnd(48)} ${Math.ceil((size * 1.25) / 1024)} KB\n`,
  );
  writeFileSync(LIST, HEAD + lines.join(''));
}

function mainTarball(folder) {
  const packages = JSON.parse(readFileSync(join(folder, 'packages.json'), 'utf8'));
  return join(folder, packages.find(({ name }) => name === manifest.name).file);
}

async function report(tarball) {
  for (const [name, problems] of Object.entries(await judgePackage(tarball))) {
    console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
}

if (import.meta.filename === process.argv[1]) {
  const [argument] = process.argv.slice(2);
  if (argument === '--write') await withPackedRoot(writeList);
  else if (argument === undefined) await withPackedRoot(report);
  else await report(mainTarball(argument));
}
