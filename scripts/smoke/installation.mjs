// What `npm install` brings and how long it takes when npm has everything in its cache: the packed
// package, beside one with nothing in it, which is what npm takes for itself.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installInto } from './projects.mjs';

/** Name of the package with nothing in it. */
const NOTHING = 'nothing-at-all';
/** Scripts that npm runs for an installed dependency. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** Adds the package with nothing in it to what `scripts/pack.mjs` wrote, for the registry to serve. */
export function addNothing(packages) {
  const list = join(packages, 'packages.json');
  const packed = JSON.parse(readFileSync(list, 'utf8'));
  const manifest = { name: NOTHING, version: '1.0.0' };
  writeFileSync(list, JSON.stringify([...packed, { name: NOTHING, file: null, manifest }]));
}

/**
 * Installs both packages in turn, each time into a new project; the first turn fills the cache.
 * @param manager as in `projects.mjs`
 * @param {object} options
 * @param options.url of the registry that has both
 * @param options.work folder for projects and the cache
 * @param options.turns how often each is installed and counted
 * @returns `nothingMs` and `backbeatMs`, sorted; `brought`, what the last installation brought
 */
export async function measureInstallation(manager, { url, work, turns }) {
  const times = { [NOTHING]: [], backbeat: [] };
  let folder;
  for (let turn = 0; turn <= turns; turn += 1) {
    // Whoever comes second finds the files of npm itself read already: so they change places.
    const order = turn % 2 === 0 ? [NOTHING, 'backbeat'] : ['backbeat', NOTHING];
    for (const name of order) {
      const place = join(work, `${name}-${turn}`);
      const cache = join(work, 'cache');
      const { code, installMs, output } = await installInto(place, manager, url, cache, [name]);
      if (code !== 0) throw new Error(`${manager.title}, ${name}:\n${output}`);
      if (turn > 0) times[name].push(installMs);
      if (name === 'backbeat') folder = place;
    }
  }
  const sorted = (name) => times[name].sort((a, b) => a - b);
  return {
    nothingMs: sorted(NOTHING),
    backbeatMs: sorted('backbeat'),
    brought: whatCameAlong(folder),
  };
}

/**
 * Looks through an installed project.
 * @returns `packages`, how many in all; `platforms`, the names of those with a binary of ours; `scripts`,
 *   what npm runs at their installation, each as `package: script`
 */
export function whatCameAlong(folder) {
  const manifests = readdirSync(join(folder, 'node_modules'), { recursive: true })
    .filter((path) => /(^|[\\/])(@[^\\/]+[\\/])?[^\\/@]+[\\/]package\.json$/.test(path))
    .map((path) => join(folder, 'node_modules', path))
    .filter((path) => isPackage(dirname(path)));
  const platforms = manifests.map((path) => basename(dirname(path)));
  return {
    packages: manifests.length,
    platforms: platforms.filter((name) => name.startsWith('backbeat-')),
    scripts: manifests.flatMap(installScripts),
  };
}

// A package.json deeper inside a package says how its modules are read, and is no package.
function isPackage(folder) {
  const above = dirname(folder);
  const scope = basename(above).startsWith('@') ? dirname(above) : above;
  return basename(scope) === 'node_modules';
}

function installScripts(path) {
  const { name, scripts = {} } = JSON.parse(readFileSync(path, 'utf8'));
  const found = INSTALL_SCRIPTS.filter((script) => script in scripts);
  // npm runs node-gyp for a package with this file, without any script.
  if (existsSync(join(dirname(path), 'binding.gyp'))) found.push('binding.gyp');
  return found.map((script) => `${name}: ${script}`);
}
