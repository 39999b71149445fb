// A package registry on this machine: the tarballs that were packed, and what they depend on. It serves
// the dependencies from the checkout's own node_modules, so an installation needs no network; with
// `upstream`, everything else is left to the registry that npm is configured for.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { ROOT } from '../toolchain.mjs';

/**
 * @param {object} options
 * @param options.packages folder that `scripts/pack.mjs` wrote
 * @param options.upstream registry for everything else; undefined: there is nothing else
 * @returns `url` and `close()`
 */
export async function startRegistry({ packages, upstream }) {
  const scratch = mkdtempSync(join(tmpdir(), 'backbeat-registry-'));
  const packed = await readPacked(packages, scratch);
  const installed = upstream === undefined ? await packInstalled(scratch) : new Map();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://registry').pathname.slice(1));
    const known = packed.get(path) ?? installed.get(path);
    if (known !== undefined) return sendJson(response, packument(known, url));
    const [, name, version] = /^-\/tarballs\/(.+)-(\d[^/]*)\.tgz$/.exec(path) ?? [];
    const asked = name && (packed.get(name) ?? installed.get(name));
    const tarball = asked?.find((one) => one.manifest.version === version)?.tarball;
    if (tarball !== undefined) return response.end(tarball);
    if (upstream === undefined || path.startsWith('-/')) return response.writeHead(404).end('{}');
    response.writeHead(302, { location: new URL(request.url.slice(1), upstream).href }).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  return {
    url,
    close() {
      server.closeAllConnections();
      server.close();
      rmSync(scratch, { recursive: true });
    },
  };
}

/**
 * What is published. A platform whose binary was not built has a package without one: Yarn 1 fetches the
 * packages of all platforms and unpacks one.
 */
async function readPacked(folder, scratch) {
  const listing = JSON.parse(readFileSync(join(folder, 'packages.json'), 'utf8'));
  const byName = new Map();
  for (const { name, manifest, file } of listing.filter(({ name }) => name !== undefined)) {
    const path = file === null ? await packManifest(scratch, manifest) : join(folder, file);
    byName.set(name, [{ manifest, tarball: readFileSync(path) }]);
  }
  return byName;
}

async function packManifest(scratch, manifest) {
  const folder = join(scratch, manifest.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const file = join(scratch, `${manifest.name}.tgz`);
  await create({ file, cwd: folder, prefix: 'package', gzip: true }, ['.']);
  return file;
}

/** Every package that backbeat depends on, as it is installed in the checkout. */
async function packInstalled(scratch) {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const byName = new Map();
  for (const [place, { dev, optional, peer }] of Object.entries(packages)) {
    if (place === '' || dev || optional || peer) continue;
    const manifest = JSON.parse(readFileSync(join(ROOT, place, 'package.json'), 'utf8'));
    const tarball = await packInto(scratch, join(ROOT, place), manifest);
    byName.set(manifest.name, [...(byName.get(manifest.name) ?? []), { manifest, tarball }]);
  }
  return byName;
}

async function packInto(scratch, folder, { name, version }) {
  const file = join(scratch, `${name.replace('/', '+')}-${version}.tgz`);
  mkdirSync(scratch, { recursive: true });
  const filter = (path) => !path.split('/').includes('node_modules');
  await create({ file, cwd: folder, prefix: 'package', gzip: true, filter }, ['.']);
  return readFileSync(file);
}

function packument(versions, url) {
  const { name } = versions[0].manifest;
  const described = versions.map(({ manifest, tarball }) => {
    const dist = { tarball: `${url}-/tarballs/${name}-${manifest.version}.tgz`, ...sums(tarball) };
    const installScript = manifest.scripts?.install || manifest.scripts?.postinstall;
    return [manifest.version, { ...manifest, hasInstallScript: Boolean(installScript), dist }];
  });
  const latest = versions.at(-1).manifest.version;
  // Long ago: some package managers leave what was published just now alone.
  const time = Object.fromEntries(described.map(([version]) => [version, '2020-01-01T00:00:00Z']));
  return {
    name,
    'dist-tags': { latest },
    time,
    modified: '2020-01-01T00:00:00Z',
    versions: Object.fromEntries(described),
  };
}

function sums(tarball) {
  const digest = (algorithm, encoding) => createHash(algorithm).update(tarball).digest(encoding);
  return { integrity: `sha512-${digest('sha512', 'base64')}`, shasum: digest('sha1', 'hex') };
}

function sendJson(response, value) {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
