// Empty projects into which each package manager installs the packed package.
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from '../toolchain.mjs';
import { runProgram } from './programs.mjs';
import { bunBinary, nodeBinary, toolFile, versionOf } from './tools.mjs';

/**
 * The package managers: how each installs `packages` from the registry at `url` into the folder where
 * it is run, with a cache of its own in `cache`, and what Node needs to find the package then.
 */
export function packageManagers() {
  const node20 = nodeBinary('node20');
  const yarn4 = (linker, nodeFlags) => ({
    title: `Yarn ${versionOf('yarn4')}, ${linker}`,
    nodeFlags,
    install: (url, cache, packages) => ({
      command: [node20, toolFile('yarn4', 'bin/yarn.js'), 'add', ...packages],
      env: {
        YARN_NPM_REGISTRY_SERVER: url,
        YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
        YARN_NODE_LINKER: linker,
        YARN_GLOBAL_FOLDER: cache,
        YARN_ENABLE_TELEMETRY: '0',
      },
    }),
  });
  return [
    npm('npm10'),
    npm('npm11'),
    npm('npm12', [], nodeBinary('node22')),
    {
      title: `pnpm ${versionOf('pnpm')}`,
      install: (url, cache, packages) => ({
        command: [
          ...[node20, toolFile('pnpm', 'bin/pnpm.mjs'), 'add', ...packages],
          ...['--registry', url, '--store-dir', join(cache, 'store')],
        ],
        env: { XDG_CACHE_HOME: cache, CI: '1' },
      }),
    },
    {
      title: `Yarn ${versionOf('yarn1')}`,
      knowsLibc: false,
      install: (url, cache, packages) => ({
        command: [
          ...[node20, toolFile('yarn1', 'bin/yarn.js'), 'add', ...packages],
          ...['--registry', url, '--cache-folder', cache, '--non-interactive'],
        ],
        env: {},
      }),
    },
    yarn4('node-modules', []),
    yarn4('pnp', ['--require', './.pnp.cjs', '--loader', './.pnp.loader.mjs']),
    {
      title: `Bun ${versionOf('bun')}`,
      install: (url, cache, packages) => ({
        command: [bunBinary(), 'add', ...packages, '--registry', url],
        env: { BUN_INSTALL_CACHE_DIR: cache },
      }),
    },
  ];
}

/** How many binaries a manager installs here: its own, or those of both C libraries if it knows none. */
export function binariesFor({ knowsLibc = true }, packages) {
  if (knowsLibc) return 1;
  const listing = JSON.parse(readFileSync(join(packages, 'packages.json'), 'utf8'));
  const isOurs = ({ os = [], cpu = [] }) =>
    os.includes(process.platform) && cpu.includes(process.arch);
  return listing.filter(({ file, manifest = {} }) => file !== null && isOurs(manifest)).length;
}

/** npm, told to install what another platform takes. */
export function npmForTarget({ platform, arch, libc }) {
  return npm('npm11', [
    ...[`--os=${platform}`, `--cpu=${arch}`],
    ...(libc === undefined ? [] : [`--libc=${libc}`]),
  ]);
}

function npm(name, flags = [], node = nodeBinary('node20')) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=warn'];
  const program = [node, toolFile(name, 'bin/npm-cli.js')];
  return {
    title: `npm ${versionOf(name)}`,
    install: (url, cache, packages) => ({
      command: [...program, 'install', ...packages, ...quiet, ...flags],
      env: { npm_config_registry: url, npm_config_cache: cache },
    }),
  };
}

/** Makes an empty project with the programs in it. */
export function makeProject(folder) {
  mkdirSync(folder, { recursive: true });
  const manifest = { name: 'smoke', private: true, type: 'module' };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest)}\n`);
  writeFileSync(join(folder, 'yarn.lock'), ''); // or Yarn looks for a project further up
  cpSync(join(ROOT, 'smoke', 'programs'), folder, { recursive: true });
}

/**
 * Installs into a new project.
 * @returns what was said, how long it took, and the binaries that came along
 */
export async function installInto(folder, manager, url, cache, packages = ['backbeat']) {
  makeProject(folder);
  const { command, env } = manager.install(url, cache, packages);
  const started = performance.now();
  const { code, output } = await runProgram(command, folder, env);
  const installMs = performance.now() - started;
  return { code, output, installMs, binaries: binariesBelow(folder) };
}

function binariesBelow(folder) {
  const found = readdirSync(folder, { recursive: true })
    .filter((path) => /(^|[\\/])backbeat\.[\w-]+\.node$/.test(path))
    .map((path) => realpathSync(join(folder, path)));
  return [...new Set(found)];
}

/** Node, started so that it finds what this manager installed. */
export function nodeFor(manager) {
  return [nodeBinary('node22'), ...(manager.nodeFlags ?? [])];
}
