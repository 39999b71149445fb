// What is published, as a user gets it: packed, installed by npm into an empty project from a registry on
// this machine, and run there. `npm run smoke` does it with every package manager and runtime.
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { endOf, type ProgramEnd } from './fixtures/program-run.ts';

interface Packed {
  readonly name?: string;
  readonly file: string | null;
  readonly bytes?: number;
  readonly files?: string[];
  readonly manifest?: Record<string, unknown>;
}
interface Brought {
  readonly packages: number;
  readonly platforms: string[];
  readonly scripts: string[];
}
interface Registry {
  readonly url: string;
  close(): void;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'backbeat-packed-'));
const packages = join(work, 'packages');
const {
  whatCameAlong,
}: {
  whatCameAlong(folder: string): Brought;
} = await import(new URL('../scripts/smoke/installation.mjs', import.meta.url).href);
const LIFECYCLE = /^(pre|post)?(install|pack|publish|prepare|publishOnly)$|^dependencies$/;
let registry: Registry;
let packed: Packed[] = [];

test.before(async () => {
  const { code, stderr } = await run(['scripts/pack.mjs', '--out', packages, '--prebuilds'], ROOT);
  if (code !== 0) throw new Error(stderr);
  packed = JSON.parse(readFileSync(join(packages, 'packages.json'), 'utf8'));
  const module = new URL('../scripts/smoke/loopback-packages.mjs', import.meta.url).href;
  const { startRegistry } = await import(module);
  registry = await startRegistry({ packages });
});

test.after.always(() => {
  registry?.close();
  rmSync(work, { recursive: true, force: true });
});

/** Runs Node without what an npm or AVA around this test has set. */
async function run(
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<ProgramEnd> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_|^NODE_OPTIONS$/i.test(name),
  );
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 90_000,
  });
  return endOf(child);
}

/** An empty project with backbeat installed by the npm that comes with Node, or that runs this test. */
async function install(name: string, ...flags: string[]): Promise<string> {
  const folder = join(work, name);
  mkdirSync(folder);
  cpSync(join(ROOT, 'smoke', 'programs'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const place = ['--registry', registry.url, '--cache', join(work, 'cache')];
  const command = ['install', 'backbeat', ...place, ...quiet, ...flags];
  const { code, stderr } = await run([npmProgram(), ...command], folder);
  if (code !== 0) throw new Error(stderr);
  return folder;
}

function npmProgram(): string {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js')) return running;
  const beside = ['../lib/node_modules/npm/bin/npm-cli.js', 'node_modules/npm/bin/npm-cli.js'];
  const found = beside
    .map((path) => join(process.execPath, '..', path))
    .find((path) => {
      try {
        return readFileSync(path).length > 0;
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error('there is no npm beside Node');
  return found;
}

test('no published manifest has a lifecycle script', (t) => {
  for (const { name, manifest } of packed.filter(({ manifest }) => manifest !== undefined)) {
    const scripts = Object.keys((manifest?.scripts as object | undefined) ?? {});
    t.deepEqual(
      scripts.filter((script) => LIFECYCLE.test(script)),
      [],
      name,
    );
  }
});

test('every platform is an optional dependency at exactly this version', (t) => {
  const [root, ...others] = packed.filter(({ manifest }) => manifest !== undefined);
  const version = root?.manifest?.version;
  const expected = Object.fromEntries(others.map(({ name }) => [name, version]));
  t.is(others.length, 8);
  t.deepEqual(root?.manifest?.optionalDependencies, expected);
  for (const { manifest } of others) t.is(manifest?.version, version);
});

test('each platform says for which system it is', (t) => {
  const systems = packed.slice(1).filter(({ manifest }) => manifest !== undefined);
  for (const { name = '', manifest } of systems) {
    const [, platform, arch, abi] = name.split('-');
    t.deepEqual(manifest?.os, [platform]);
    t.deepEqual(manifest?.cpu, [arch]);
    const libc = platform === 'linux' ? [abi === 'musl' ? 'musl' : 'glibc'] : undefined;
    t.deepEqual(manifest?.libc, libc);
  }
});

test('the tarballs are small, and the main one holds no binary', (t) => {
  const [root, ...others] = packed;
  t.true((root?.bytes ?? Infinity) <= 300_000);
  t.deepEqual(
    root?.files?.filter((name) => name.endsWith('.node')),
    [],
  );
  for (const { bytes = 0 } of others) t.true(bytes <= 2_000_000);
});

test('nothing that is only for development goes along', (t) => {
  const [root] = packed;
  const development = /^(src|scripts|smoke|__test__|crates|bench)\/|\.map$|\.tsbuildinfo$/;
  t.deepEqual(
    root?.files?.filter((name) => development.test(name)),
    [],
  );
  t.is(root?.manifest?.devDependencies, undefined);
});

test('archives for prebuild-install lie beside their checksums', (t) => {
  const archives = readdirSync(join(packages, 'prebuilds')).filter((name) => name !== 'SHA256SUMS');
  t.regex(archives.join(' '), /^backbeat-v\d+\.\d+\.\d+-napi-v8-[\w-]+\.tar\.gz$/);
  const sums = readFileSync(join(packages, 'prebuilds', 'SHA256SUMS'), 'utf8');
  t.regex(sums, new RegExp(`^[0-9a-f]{64}  ${archives[0]}\n$`));
});

test.serial('installed by npm: one platform package, and every feature works', async (t) => {
  const folder = await install('installed');
  const { platforms, packages: installed, scripts } = whatCameAlong(folder);
  t.is(platforms.length, 1);
  t.true(installed > 5, `${installed} packages`);
  t.deepEqual(scripts, []);
  const { code, stdout, stderr } = await run(['main.mjs'], folder);
  t.is(code, 0, stderr);
  const outcomes = Object.entries(JSON.parse(stdout) as Record<string, string>);
  t.deepEqual(
    outcomes.filter(([, outcome]) => outcome !== 'ok'),
    [],
  );
  t.is(outcomes.length, 8);
});

test('scripts and platforms are counted in whatever an installation brought', (t) => {
  const folder = join(work, 'planted');
  const add = (name: string, manifest: object, ...files: string[]): void => {
    const place = join(folder, 'node_modules', name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name, ...manifest }));
    for (const file of files) writeFileSync(join(place, file), '');
  };
  add('quiet', { scripts: { test: 'true', prepare: 'true' } });
  add('quiet/dist', { scripts: { install: 'no package of its own' } });
  add('@scope/loud', { scripts: { postinstall: 'true' } });
  add('quiet/node_modules/compiled', {}, 'binding.gyp');
  add('backbeat-linux-x64-gnu', {});
  add('backbeat-linux-x64-musl', {});
  const { packages: installed, platforms, scripts } = whatCameAlong(folder);
  t.is(installed, 5);
  t.deepEqual(platforms.sort(), ['backbeat-linux-x64-gnu', 'backbeat-linux-x64-musl']);
  t.deepEqual(scripts.sort(), [
    '@scope/loud: postinstall',
    'quiet/node_modules/compiled: binding.gyp',
  ]);
});

test.serial('installed by npm with --omit=optional: the load error says so', async (t) => {
  const folder = await install('omitted', '--omit=optional');
  const modules = readdirSync(join(folder, 'node_modules'));
  t.deepEqual(
    modules.filter((name) => name.startsWith('backbeat-')),
    [],
  );
  const source = `
    import { after } from 'backbeat/scheduler';
    try { after(1, () => undefined); } catch (error) { console.log(error.code, error.message); }
  `;
  const { stdout } = await run(['--input-type=module', '--eval', source], folder);
  t.regex(stdout, /^BACKBEAT_BINDING_LOAD no native binding for /);
  t.regex(stdout, /install with optional dependencies \(not --omit=optional\)/);
});

for (const [libc, name] of [
  ['glibc', 'backbeat-linux-arm64-gnu'],
  ['musl', 'backbeat-linux-arm64-musl'],
] as const) {
  test.serial(`npm that is told of arm64 and ${libc} installs ${name} alone`, async (t) => {
    const folder = await install(name, '--os=linux', '--cpu=arm64', `--libc=${libc}`);
    const modules = readdirSync(join(folder, 'node_modules'));
    t.deepEqual(
      modules.filter((module) => module.startsWith('backbeat-')),
      [name],
    );
  });
}

test.serial('the commands are there', async (t) => {
  const folder = join(work, 'installed');
  const bin = (name: string) => join('node_modules', 'backbeat', 'dist', name, 'main.js');
  t.regex((await run([bin('cli'), '--help'], folder)).stdout, /backbeat stress/);
  t.regex((await run([bin('install'), '--help'], folder)).stdout, /^usage: backbeat-install/);
});

test.serial('what was published is installed and tried, as after a release', async (t) => {
  const settings = { npm_config_registry: registry.url, npm_config_cache: join(work, 'cache') };
  const { code, stdout, stderr } = await run(['scripts/try-published.mjs'], ROOT, settings);
  t.is(code, 0, stderr);
  t.is(Object.keys(JSON.parse(stdout)).length, 8);
});
