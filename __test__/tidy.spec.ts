// The rules of the repository that no compiler knows: which layer may name which, how long a file
// may be, which words must not appear. Each rule is a test that lists every place that breaks it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 500;
const GENERATED = new Set(['index.js', 'index.d.ts', 'package-lock.json', 'Cargo.lock']);
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'prepare'];

const files = trackedFiles();
const sources = files.filter((path) => /\.(ts|mjs|js|rs)$/.test(path) && !GENERATED.has(path));

test('the core knows nothing of the binding', (t) => {
  t.deepEqual(linesMatching(below('crates/core'), /napi|backbeat[_-]node/i), []);
});

test('the core stands on the standard library alone', (t) => {
  const manifest = read('crates/core/Cargo.toml');
  t.notRegex(manifest, /^\[(build-)?dependencies/m);
});

test('only src/native.ts imports the generated binding', (t) => {
  const importers = sources.filter((path) => importsOf(path).includes('index.js'));
  t.deepEqual(importers, ['src/native.ts']);
});

test('sources import nothing from tests, benchmarks or scripts', (t) => {
  t.deepEqual(importsBetween('src/', /^(__test__|bench|scripts)\//), []);
});

test('nothing in src outside the command line imports the command line', (t) => {
  const importers = importsBetween('src/', /^src\/cli\//);
  t.deepEqual(
    importers.filter((found) => !found.startsWith('src/cli/')),
    [],
  );
});

test(`no hand-written source is longer than ${MAX_LINES} lines`, (t) => {
  const tooLong = sources
    .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  t.deepEqual(tooLong, []);
});

test('files are named after the domain', (t) => {
  const nameless = files.filter((path) =>
    path.split('/').some((part) => /^(utils?|helpers?|common|misc)(\.|$)/i.test(part)),
  );
  t.deepEqual(nameless, []);
});

test('no work is left as a marker in a comment', (t) => {
  const marker = /\b(?:TO(?:DO)|FIX(?:ME))\b/; // in pieces, so that this line is none
  t.deepEqual(linesMatching(written(), marker), []);
});

test('every unsafe block and impl says why it is sound', (t) => {
  const rust = below('crates').filter((path) => path.endsWith('.rs'));
  t.deepEqual(rust.flatMap(undocumentedUnsafe), []);
});

test('no file names a machine path', (t) => {
  t.deepEqual(linesMatching(written(), /(?<![\w.@*-])\/(?:root|work|home)\/\w/), []);
});

test('no file names a package registry', (t) => {
  const named = linesMatching(
    files,
    /registry\.[a-z]{2,}js|registry\.yarn|index\.crates\.io|pypi\.org/,
  );
  t.deepEqual(named, []);
});

test('all manifests agree on the version', (t) => {
  const { version } = JSON.parse(read('package.json'));
  const lock = JSON.parse(read('package-lock.json'));
  t.is(
    /^\[workspace\.package\][^[]*?^version = "([^"]*)"$/m.exec(read('Cargo.toml'))?.[1],
    version,
  );
  t.is(lock.version, version);
  t.is(lock.packages[''].version, version);
  t.is(
    /^## \[(\d[^\]]*)\]/m.exec(read('CHANGELOG.md'))?.[1],
    version,
    'the newest of CHANGELOG.md',
  );
  for (const crate of ['backbeat-core', 'backbeat-node', 'backbeat-sources']) {
    t.is(new RegExp(`name = "${crate}"\nversion = "(.*)"`).exec(read('Cargo.lock'))?.[1], version);
    t.regex(
      read(`crates/${crate.slice('backbeat-'.length)}/Cargo.toml`),
      /^version.workspace = true$/m,
    );
  }
});

test('the Node versions that are promised are those that the workflows test', (t) => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
  const promised = [...engines.node.matchAll(/(\^|>=)(\d+)/g)].map(([, range, major]) => {
    return { isOpen: range === '>=', major: Number(major) };
  });
  const oldest = promised.map(({ major }) => major);
  for (const workflow of ['ci.yml', 'release.yml']) {
    const [, listed = ''] =
      /^ +node: \[(20.*)\]$/m.exec(read(`.github/workflows/${workflow}`)) ?? [];
    const tested = listed.split(', ').map(Number);
    t.deepEqual(
      oldest.filter((major) => !tested.includes(major)),
      [],
      `${workflow} does not test them`,
    );
    const isPromised = (tried: number) =>
      promised.some(({ isOpen, major }) => (isOpen ? tried >= major : tried === major));
    t.true(tested.every(isPromised), `${workflow} tests ${listed}`);
  }
});

test('the binary asks for the version of Node-API that its archives are named after', (t) => {
  const { napi_versions: named } = JSON.parse(read('package.json')).binary;
  const [, asked] = /features = \["napi(\d+)"\]/.exec(read('crates/node/Cargo.toml')) ?? [];
  t.deepEqual(named, [Number(asked)]);
});

test('prebuild-install comes along with no installation', (t) => {
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(read('package.json'));
  const named = { ...dependencies, ...optionalDependencies, ...peerDependencies };
  t.false('prebuild-install' in named);
});

test('no manifest runs a script at installation', (t) => {
  const manifests = files.filter((path) => basename(path) === 'package.json');
  const found = manifests.flatMap((path) => {
    const scripts = Object.keys(JSON.parse(read(path)).scripts ?? {});
    return scripts
      .filter((name) => INSTALL_SCRIPTS.includes(name))
      .map((name) => `${path}: ${name}`);
  });
  t.deepEqual(found, []);
});

test('the package ships files by name, never every binary', (t) => {
  const { files: shipped } = JSON.parse(read('package.json')) as { files: string[] };
  t.deepEqual(
    shipped.filter((name) => name.includes('*')),
    [],
  );
});

/** What git tracks or would track, so that a file counts before its first commit too. */
function trackedFiles(): string[] {
  const listing = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  return execFileSync('git', listing, { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
    .sort();
}

function below(directory: string): string[] {
  return files.filter((path) => path.startsWith(`${directory}/`));
}

/** Files in our own words: not generated, and not recorded data. */
function written(): string[] {
  return files.filter((path) => !GENERATED.has(path) && !/\.(log|json|snap)$/.test(path));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function linesMatching(paths: string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
}

/** Files a source imports by a relative specifier, as paths from the root. */
function importsOf(path: string): string[] {
  const specifiers = read(path).matchAll(
    /(?:\bfrom|\bimport|\bimport\(|\brequire\(|new URL\()\s*['"](\.[^'"]*)['"]/g,
  );
  return [...specifiers].map(([, specifier = '']) => join(dirname(path), specifier));
}

function importsBetween(from: string, to: RegExp): string[] {
  return sources
    .filter((path) => path.startsWith(from))
    .flatMap((path) =>
      importsOf(path)
        .filter((target) => to.test(target))
        .map((target) => `${path} imports ${target}`),
    );
}

/** Blocks whose line and the six lines above it hold no safety note. */
function undocumentedUnsafe(path: string): string[] {
  const lines = read(path).split('\n');
  return lines.flatMap((line, index) => {
    const code = line.replace(/\/\/.*$/, '');
    if (!/\bunsafe\s*(\{|impl\b)/.test(code)) return [];
    const context = lines.slice(Math.max(0, index - 6), index + 1);
    return context.some((near) => near.includes('SAFETY:')) ? [] : [`${path}:${index + 1}`];
  });
}
