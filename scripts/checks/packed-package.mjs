// What users get, judged as npm would publish it: the tarball's list of files and sizes against the
// committed one, publint, and what each way of resolving modules sees of the types.
//   node scripts/checks/packed-package.mjs [TARBALL]     judges that tarball, or packs one
//   node scripts/checks/packed-package.mjs --write       writes packed-files.txt again
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { npm, run } from '../toolchain.mjs';
import { filesOfTarball } from './tarball.mjs';

const LIST = fileURLToPath(new URL('packed-files.txt', import.meta.url));
const TARBALL_LIMIT_KB = 300;
const HEAD = `# What the root package ships, and how large each file may become.
# Written by: npm run packed-files -- --write
# The tarball itself may have ${TARBALL_LIMIT_KB} KB. Chunks carry a hash in their name and count as one line.
`;
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'prepare'];

/**
 * There is one build, of ES modules. Programs in CommonJS load it by Node's own \`require\` of ES
 * modules, which every supported Node has; the rule warns of Node versions that do not. A second build
 * would be a second copy of every class over one native core.
 */
const IGNORED_TYPE_PROBLEMS = new Set(['CJSResolvesToESM']);
/** The resolution of Node 10 knows no \`exports\`; no supported Node or compiler default has it. */
const IGNORED_RESOLUTIONS = new Set(['node10']);

/** The name of each check and its function, which gives the problems found. */
export const PACKAGE_CHECKS = {
  'packed files and sizes are as listed': problemsOfFiles,
  'packed manifest runs nothing and needs no binding': problemsOfManifest,
  'publint, strict': problemsOfPublint,
  arethetypeswrong: problemsOfTypes,
};

/** Packs the root package into memory. */
export function packRoot() {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-pack-'));
  try {
    const { code, output } = run([
      ...npm(),
      ...['pack', '--silent', '--ignore-scripts', '--pack-destination', folder],
    ]);
    const name = /^\S+\.tgz$/m.exec(output)?.[0];
    if (code !== 0 || name === undefined) throw new Error(`npm pack failed:\n${output}`);
    return readFileSync(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function problemsOfFiles(tarball) {
  const found = sizesOf(tarball);
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
  if (tarball.length > TARBALL_LIMIT_KB * 1024) {
    problems.push(`the tarball has ${tarball.length} bytes, more than ${TARBALL_LIMIT_KB} KB`);
  }
  if (problems.length > 0) problems.push('if that is meant: npm run packed-files -- --write');
  return problems;
}

function sizesOf(tarball) {
  const sizes = new Map();
  for (const { path, content } of filesOfTarball(tarball)) {
    const name = path.replace(/chunk-\w+\.js$/, 'chunk-*.js');
    sizes.set(name, (sizes.get(name) ?? 0) + content.length);
  }
  return new Map([...sizes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function problemsOfManifest(tarball) {
  const files = filesOfTarball(tarball);
  const manifest = JSON.parse(files.find(({ path }) => path === 'package.json').content.toString());
  return [
    ...INSTALL_SCRIPTS.filter((name) => name in (manifest.scripts ?? {})).map(
      (name) => `script ${name}`,
    ),
    ...files.filter(({ path }) => path.endsWith('.node')).map(({ path }) => `binary ${path}`),
    ...Object.keys(manifest.exports).filter((entry) => /index\.d|native|binding/.test(entry)),
  ];
}

async function problemsOfPublint(tarball) {
  const buffer = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.length);
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }));
}

async function problemsOfTypes(tarball) {
  const { problems = [] } = await checkPackage(createPackageFromTarballData(tarball));
  return problems
    .filter(({ kind }) => !IGNORED_TYPE_PROBLEMS.has(kind))
    .filter(({ resolutionKind }) => !IGNORED_RESOLUTIONS.has(resolutionKind))
    .map((problem) => JSON.stringify(problem));
}

function writeList(tarball) {
  // A quarter more than today, so that a small change passes and a doubled file does not.
  const lines = [...sizesOf(tarball)].map(
    ([name, size]) => `${name.padEnd(48)} ${Math.ceil((size * 1.25) / 1024)} KB\n`,
  );
  writeFileSync(LIST, HEAD + lines.join(''));
}

if (import.meta.filename === process.argv[1]) {
  const [argument] = process.argv.slice(2);
  if (argument === '--write') {
    writeList(packRoot());
  } else {
    const tarball = argument === undefined ? packRoot() : readFileSync(argument);
    for (const [name, problemsOf] of Object.entries(PACKAGE_CHECKS)) {
      const problems = await problemsOf(tarball);
      console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
      for (const problem of problems) console.log(`  ${problem}`);
      if (problems.length > 0) process.exitCode = 1;
    }
  }
}
