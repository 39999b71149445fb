// backbeat-install: what it fetches, what it refuses, and that a refusal leaves the package as it was.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { archiveOf } from './fixtures/binary-archive.ts';
import { BINARY_BYTES, InstallCopy } from './fixtures/install-copy.ts';
import { BINARY } from './fixtures/package-copy.ts';
import { runNode } from './fixtures/program-run.ts';

const GOOD = archiveOf({ path: BINARY, content: BINARY_BYTES });
const OTHER = Buffer.from(BINARY_BYTES);
OTHER[OTHER.length >> 1]! ^= 1;

/** Installs from a server that answers with these bytes. */
async function installFrom(copy: InstallCopy, body: Uint8Array) {
  const host = await copy.serve((_, response) => response.end(body));
  return copy.install(['--host', host, '--allow-http']);
}

async function isRefused(t: ExecutionContext, body: Uint8Array, why: RegExp): Promise<void> {
  using copy = new InstallCopy();
  const { code, stdout, stderr } = await installFrom(copy, body);
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, why);
  t.is(stderr.trim().split('\n').length, 1);
  t.deepEqual(copy.left(), []);
}

test.serial('a good archive is fetched, and the binary loads', async (t) => {
  using copy = new InstallCopy();
  const { code, stderr } = await installFrom(copy, GOOD);
  t.is(stderr, '');
  t.is(code, 0);
  t.deepEqual(copy.left(), [BINARY]);
  const source = `import { after } from '${copy.schedulerUrl}'; after(1, () => console.log('due'));`;
  t.is((await runNode(['--input-type=module', '--eval', source])).stdout, 'due\n');
});

test.serial('the address is the one that prebuild-install makes', async (t) => {
  using copy = new InstallCopy();
  await installFrom(copy, GOOD);
  const [asked = ''] = copy.requests;
  t.regex(asked, /^\/v\d+\.\d+\.\d+\/backbeat-v\d+\.\d+\.\d+-napi-v8-[a-z0-9]+-\w+\.tar\.gz$/);
  t.is(copy.requests.length, 1);
});

test.serial('the host may come from the environment', async (t) => {
  using copy = new InstallCopy();
  const host = await copy.serve((_, response) => response.end(GOOD));
  const env = { npm_config_backbeat_binary_host: host };
  t.is((await copy.install(['--allow-http'], { env })).code, 0);
  t.deepEqual(copy.left(), [BINARY]);
});

test.serial('a binary that is there already is not fetched again', async (t) => {
  using copy = new InstallCopy();
  copy.write(BINARY, BINARY_BYTES);
  const { code, stdout } = await installFrom(copy, GOOD);
  t.is(code, 0);
  t.regex(stdout, /already there/);
  t.deepEqual(copy.requests, []);
});

test.serial('a broken binary that is there is replaced', async (t) => {
  using copy = new InstallCopy();
  copy.write(BINARY, 'garbage');
  t.is((await installFrom(copy, GOOD)).code, 0);
  t.deepEqual(readFileSync(copy.file(BINARY)), BINARY_BYTES);
});

test.serial('a binary with another checksum is refused', async (t) => {
  await isRefused(
    t,
    archiveOf({ path: BINARY, content: OTHER }),
    /holds a binary with the SHA-256/,
  );
});

test.serial('a truncated archive is refused', async (t) => {
  await isRefused(t, GOOD.subarray(0, GOOD.length >> 1), /was not fetched: unexpected end of file/);
});

test.serial('an empty answer is refused', async (t) => {
  await isRefused(t, Buffer.alloc(0), /was not fetched|no binary for this platform/);
});

test.serial('an archive with nothing in it is refused', async (t) => {
  await isRefused(t, archiveOf(), /holds no binary for this platform/);
});

test.serial('what is no archive is refused', async (t) => {
  await isRefused(
    t,
    Buffer.from('<html>not found</html>'),
    /was not fetched: incorrect header check/,
  );
});

test.serial('an entry larger than any binary is refused', async (t) => {
  const body = archiveOf({ path: BINARY, content: Buffer.alloc(40 * 1024 * 1024) });
  t.true(body.length < 1_000_000);
  await isRefused(t, body, /cannot be of backbeat/);
});

test.serial('an answer without end is cut off', async (t) => {
  using copy = new InstallCopy();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  let isCut = false;
  const host = await copy.serve((_, response) => {
    const go = () => {
      while (response.write(chunk));
    };
    response.on('drain', go).on('close', () => {
      isCut = true;
    });
    go();
  });
  const { code, stderr } = await copy.install(['--host', host, '--allow-http']);
  t.is(code, 1);
  t.regex(stderr, /larger than any binary/);
  t.deepEqual(copy.left(), []);
  t.true(isCut);
});

for (const [title, path] of [
  ['a path that climbs out', '../../climbed.node'],
  ['an absolute path', join(tmpdir(), 'backbeat-absolute.node')],
  ['a file of the package', 'index.js'],
  ['a folder of the package', `dist/${BINARY}`],
] as const) {
  test.serial(`${title} is refused`, async (t) => {
    const good = { path: BINARY, content: BINARY_BYTES };
    const body = archiveOf({ path, content: Buffer.from('evil') }, good);
    await isRefused(t, body, /the archive holds file ".*" of 4 bytes/);
    t.false(existsSync(join(tmpdir(), 'backbeat-absolute.node')));
    t.false(existsSync(join(tmpdir(), 'climbed.node')));
  });
}

for (const type of ['SymbolicLink', 'Link'] as const) {
  test.serial(`a ${type} in the place of the binary is refused`, async (t) => {
    const header = { type, linkpath: '../../../checksums.json' };
    await isRefused(
      t,
      archiveOf({ path: BINARY, header }),
      /the archive holds \w+ ".*" of 0 bytes/,
    );
  });
}

test.serial('an answer of 404 is told', async (t) => {
  using copy = new InstallCopy();
  const host = await copy.serve((_, response) => response.writeHead(404).end());
  const { code, stderr } = await copy.install(['--host', host, '--allow-http']);
  t.is(code, 1);
  t.regex(stderr, /was not fetched: No prebuilt binaries found/);
  t.deepEqual(copy.left(), []);
});

test.serial('a stale cache of prebuild-install is neither used nor touched', async (t) => {
  using copy = new InstallCopy();
  const host = await copy.serve((_, response) => response.end(GOOD));
  const cache = mkdtempSync(join(tmpdir(), 'backbeat-cache-'));
  const { version } = JSON.parse(readFileSync(copy.file('package.json'), 'utf8'));
  const system = copy.archiveSystem();
  const url = `${host}/v${version}/backbeat-v${version}-napi-v8-${system}.tar.gz`;
  const { cachedPrebuild } = createRequire(import.meta.url)('prebuild-install/util');
  const stale = join(cache, '_prebuilds', basename(cachedPrebuild(url)));
  mkdirSync(join(cache, '_prebuilds'));
  writeFileSync(stale, GOOD.subarray(0, 1000));
  const env = { npm_config_cache: cache };
  t.is((await copy.install(['--host', host, '--allow-http'], { env })).code, 0);
  t.is(`${host}${copy.requests[0]}`, url);
  t.is(readFileSync(stale).length, 1000);
  rmSync(cache, { recursive: true });
});

test.serial('plain http is refused before anything is asked for', async (t) => {
  using copy = new InstallCopy();
  const host = await copy.serve((_, response) => response.end(GOOD));
  const { code, stderr } = await copy.install(['--host', host]);
  t.is(code, 1);
  t.regex(stderr, /is not https; --allow-http takes it all the same/);
  t.deepEqual(copy.requests, []);
  t.deepEqual(copy.left(), []);
});

test.serial('without prebuild-install it says how to get it', async (t) => {
  using copy = new InstallCopy();
  const host = await copy.serve((_, response) => response.end(GOOD));
  const { code, stderr } = await copy.install(['--host', host, '--allow-http'], { cwd: copy.path });
  t.is(code, 1);
  t.regex(stderr, /npm install --no-save prebuild-install@7\.1\.3/);
  t.deepEqual(copy.requests, []);
});

test.serial('a package without checksums is refused', async (t) => {
  using copy = new InstallCopy();
  copy.remove('checksums.json');
  const { code, stderr } = await installFrom(copy, GOOD);
  t.is(code, 1);
  t.regex(stderr, /no published package/);
  t.deepEqual(copy.requests, []);
});

for (const [title, args, why] of [
  ['no host', [], /no host: give --host URL/],
  ['an unknown option', ['--hots', 'x'], /--hots/],
] as const) {
  test.serial(`${title} is wrong use`, async (t) => {
    using copy = new InstallCopy();
    const { code, stderr } = await copy.install(args);
    t.is(code, 2);
    t.regex(stderr, why);
  });
}
