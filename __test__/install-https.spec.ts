// backbeat-install over https, and that a redirection cannot lead it back to plain http. The certificate
// is made for the run; without openssl there is none, and the tests are skipped.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { archiveOf } from './fixtures/binary-archive.ts';
import { BINARY_BYTES, InstallCopy } from './fixtures/install-copy.ts';
import { BINARY } from './fixtures/package-copy.ts';

const folder = mkdtempSync(join(tmpdir(), 'backbeat-certificate-'));
const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
const made = spawnSync('openssl', [
  ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
  ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
]);
const withOpenssl = made.status === 0 ? test.serial : test.serial.skip;
const env = { NODE_EXTRA_CA_CERTS: certificate };

let server: Server | undefined;
let location: string | undefined;

/** An https server that gives the archive, or sends on to `location`. */
async function startServer(): Promise<string> {
  const body = archiveOf({ path: BINARY, content: BINARY_BYTES });
  const secrets = { key: readFileSync(key), cert: readFileSync(certificate) };
  const started = createServer(secrets, (_, response) => {
    if (location === undefined) response.end(body);
    else response.writeHead(302, { location }).end();
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

test.afterEach.always(() => {
  location = undefined;
  server?.closeAllConnections();
  server?.close();
});

test.after.always(() => rmSync(folder, { recursive: true }));

withOpenssl('https needs no permission', async (t) => {
  using copy = new InstallCopy();
  const { code, stderr } = await copy.install(['--host', await startServer()], { env });
  t.is(stderr, '');
  t.is(code, 0);
  t.deepEqual(copy.left(), [BINARY]);
});

withOpenssl('a certificate that nobody vouches for is refused', async (t) => {
  using copy = new InstallCopy();
  const { code, stderr } = await copy.install(['--host', await startServer()]);
  t.is(code, 1);
  t.regex(stderr, /self-signed certificate/);
  t.deepEqual(copy.left(), []);
});

withOpenssl('a redirection to plain http is refused', async (t) => {
  using copy = new InstallCopy();
  location = `${await copy.serve((_, response) => response.end())}/elsewhere`;
  const { code, stderr } = await copy.install(['--host', await startServer()], { env });
  t.is(code, 1);
  t.regex(stderr, /refused to go on by plain http, to 127\.0\.0\.1/);
  t.deepEqual(copy.requests, []);
  t.deepEqual(copy.left(), []);
});
