/**
 * Fetches the binary of this platform: by prebuild-install into a staging folder, then its checksum is
 * compared with the one that came with the package, then it is moved to where the loader looks first.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { hostPlatform, platformName } from '../host-platform.ts';
import { InstallError } from './install-error.ts';

/** What `backbeat-install` was asked for. */
export interface FetchRequest {
  /** Where the archives lie, without the folder of the version. */
  readonly host: string;
  /** Take plain http, too. The checksum is compared all the same. */
  readonly allowHttp: boolean;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly binary: { readonly napi_versions: readonly number[] };
}

/** Archive and unpacked binary together; many times what they take. */
const MAX_STAGED_BYTES = 32 * 1024 * 1024;
const MAX_DOWNLOAD_MS = 300_000;
const WATCH_INTERVAL_MS = 25;
const PREBUILD_INSTALL = '7.1.3';
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Puts the binary into the package.
 *
 * @returns what was done, as a sentence
 * @throws InstallError when anything is not as it should be; the package is as before then
 */
export async function fetchBinary({ host, allowHttp }: FetchRequest): Promise<string> {
  const target = platformName(hostPlatform());
  const binary = `backbeat.${target}.node`;
  const expected = expectedChecksum(binary);
  const place = join(PACKAGE, binary);
  if (existsSync(place) && sha256(place) === expected) return `${binary} is already there`;
  const url = archiveUrl(host, allowHttp);
  const downloader = findPrebuildInstall();
  const staging = makeStaging();
  try {
    await download(downloader, url, staging, binary, allowHttp);
    const fetched = join(staging, 'unpacked', binary);
    verify(fetched, expected, url);
    renameSync(fetched, place);
  } finally {
    rmSync(staging, { recursive: true, force: true, maxRetries: 5 });
  }
  return `${binary} is installed from ${url}`;
}

/** The checksum that was published with this very package. */
function expectedChecksum(binary: string): string {
  const file = join(PACKAGE, 'checksums.json');
  if (!existsSync(file)) {
    throw new InstallError('checksums.json is missing: this is no published package of backbeat');
  }
  const checksums = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  const expected = checksums[binary];
  if (expected !== undefined) return expected;
  const known = Object.keys(checksums).join(', ');
  throw new InstallError(`there is no ${binary}; this version was published with ${known}`);
}

/** The address as prebuild-install makes it of a mirror, a package and a platform. */
function archiveUrl(host: string, allowHttp: boolean): string {
  if (!URL.canParse(host)) throw new InstallError(`the host ${JSON.stringify(host)} is no URL`);
  const { protocol } = new URL(host);
  if (protocol !== 'https:' && !(allowHttp && protocol === 'http:')) {
    const hint = protocol === 'http:' ? '; --allow-http takes it all the same' : '';
    throw new InstallError(`the host ${host} is not https${hint}`);
  }
  const { name, version, binary } = readManifest();
  const { platform, arch, libc } = hostPlatform();
  const system = `${platform}${libc === 'musl' ? 'musl' : ''}-${arch}`;
  const archive = `${name}-v${version}-napi-v${binary.napi_versions[0]}-${system}.tar.gz`;
  return `${host.replace(/\/+$/, '')}/v${version}/${archive}`;
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as Manifest;
}

/** Beside the package or in the program's folder; it is no dependency of backbeat. */
function findPrebuildInstall(): string {
  for (const from of [join(PACKAGE, 'index.js'), join(process.cwd(), 'index.js')]) {
    try {
      return createRequire(from).resolve('prebuild-install');
    } catch {
      // Not there; the next place, or the error below.
    }
  }
  throw new InstallError(
    `this needs prebuild-install, which is not installed: npm install --no-save prebuild-install@${PREBUILD_INSTALL}`,
  );
}

/** In the package itself, so that the move is within one file system. */
function makeStaging(): string {
  try {
    const staging = mkdtempSync(join(PACKAGE, '.staging-'));
    for (const folder of ['unpacked', 'cache']) mkdirSync(join(staging, folder));
    return staging;
  } catch (cause) {
    throw new InstallError(`${PACKAGE} cannot be written to: ${(cause as Error).message}`, cause);
  }
}

async function download(
  downloader: string,
  url: string,
  staging: string,
  binary: string,
  allowHttp: boolean,
): Promise<void> {
  const program = fileURLToPath(new URL('./archive-download.js', import.meta.url));
  const unpacked = join(staging, 'unpacked');
  const asked = [url, unpacked, binary, String(MAX_STAGED_BYTES), allowHttp ? 'http' : ''];
  const child = spawn(process.execPath, [program, downloader, ...asked], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A cache of its own: the shared one keeps truncated and replaced archives for ever.
    env: { ...process.env, NODE_NO_WARNINGS: '1', npm_config_cache: join(staging, 'cache') },
  });
  let refusal: string | undefined;
  const refuse = (why: string): void => {
    refusal ??= why;
    child.kill('SIGKILL');
  };
  const deadline = setTimeout(refuse, MAX_DOWNLOAD_MS, 'it took longer than five minutes');
  const watch = setInterval(() => {
    if (bytesBelow(staging) > MAX_STAGED_BYTES) refuse('it is larger than any binary of backbeat');
  }, WATCH_INTERVAL_MS);
  try {
    const [[code], said] = await Promise.all([once(child, 'close'), text(child.stderr)]);
    if (refusal === undefined && code === 0) return;
    const why =
      refusal ?? (said.trim().split('\n').at(-1) || `prebuild-install ended with ${code}`);
    throw new InstallError(`${url} was not fetched: ${why}`);
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
  }
}

function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    bytes += lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

function verify(path: string, expected: string, url: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new InstallError(`${url} holds no binary for this platform`);
  }
  const found = sha256(path);
  if (found === expected) return;
  throw new InstallError(
    `${url} holds a binary with the SHA-256 ${found}; the one published with this package has ${expected}`,
  );
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
