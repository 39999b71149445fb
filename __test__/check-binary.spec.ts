// A binary is published only when it is what its name says: the check is run on the one of this
// machine, and on files made to break each rule.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { machO, portableExecutable } from './fixtures/binary-stubs.ts';
import { BINARY } from './fixtures/package-copy.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'backbeat-binaries-'));
const onLinux = process.platform === 'linux' ? test : test.skip;

test.after.always(() => rmSync(folder, { recursive: true }));

function check(path: string, ...flags: string[]) {
  const script = join(ROOT, 'scripts', 'check-binary.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, ...flags, path], {
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n') };
}

function checkBytes(name: string, bytes: Uint8Array) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return check(path);
}

test('the binary of this machine is what its name says', (t) => {
  const { status, lines } = check(join(ROOT, BINARY), '--any-glibc');
  t.is(status, 0, lines.join('\n'));
  t.regex(lines[0] ?? '', new RegExp(`^ok .*: ${process.platform}-${process.arch}, `));
});

onLinux('a binary of another processor', (t) => {
  const other = process.arch === 'x64' ? 'arm64' : 'x64';
  const path = join(folder, `backbeat.linux-${other}-gnu.node`);
  copyFileSync(join(ROOT, BINARY), path);
  const { status, lines } = check(path, '--any-glibc');
  t.is(status, 1);
  t.deepEqual(lines.slice(1), [`  made for linux-${process.arch}, not for linux-${other}`]);
});

onLinux('a binary of another system', (t) => {
  const { status, lines } = checkBytes(
    'backbeat.darwin-x64.node',
    readFileSync(join(ROOT, BINARY)),
  );
  t.is(status, 1);
  t.regex(lines[1] ?? '', /made for linux-\w+, not for darwin-x64/);
});

onLinux('a binary for musl that asks for glibc', (t) => {
  const name = `backbeat.linux-${process.arch}-musl.node`;
  const { status, lines } = checkBytes(name, readFileSync(join(ROOT, BINARY)));
  t.is(status, BINARY === name ? 0 : 1);
  if (BINARY !== name) t.true(lines.includes("  asks for libc.so.6, which is glibc's"));
});

onLinux('a binary that asks for a newer glibc than promised', (t) => {
  const bytes = readFileSync(join(ROOT, BINARY));
  // The name of a version it asks for, written over in the string table.
  const at = /GLIBC_2\.\d\d\0/.exec(bytes.toString('latin1'))?.index ?? 0;
  t.not(at, 0);
  bytes.write('GLIBC_2.99', at, 'latin1');
  const { status, lines } = checkBytes(BINARY, bytes);
  t.is(status, 1);
  t.true(lines.includes('  asks for GLIBC_2.99, newer than 2.17'));
});

onLinux('a binary that is cut off', (t) => {
  const { status, lines } = checkBytes(BINARY, readFileSync(join(ROOT, BINARY)).subarray(0, 4096));
  t.is(status, 1);
  t.regex(lines[1] ?? '', /cut off/);
});

test('garbage', (t) => {
  const { status, lines } = checkBytes('backbeat.linux-x64-gnu.node', Buffer.from('garbage'));
  t.is(status, 1);
  t.is(lines[1], '  neither ELF, 64-bit Mach-O nor PE');
});

test('a name of no target', (t) => {
  const { status, lines } = checkBytes('backbeat.plan9-x64.node', Buffer.from('garbage'));
  t.is(status, 1);
  t.is(lines[1], '  its name is that of no target');
});

test('Mach-O, with the oldest macOS', (t) => {
  const { status, lines } = checkBytes('backbeat.darwin-arm64.node', machO(0x0100000c));
  t.is(status, 0, lines.join('\n'));
  t.regex(lines[0] ?? '', /darwin-arm64, .*from macOS 11\.0$/);
  t.is(checkBytes('backbeat.darwin-x64.node', machO(0x0100000c)).status, 1);
});

test('Windows', (t) => {
  t.is(checkBytes('backbeat.win32-x64-msvc.node', portableExecutable(0x8664)).status, 0);
  t.is(checkBytes('backbeat.win32-arm64-msvc.node', portableExecutable(0x8664)).status, 1);
  t.is(checkBytes('backbeat.win32-arm64-msvc.node', portableExecutable(0xaa64)).status, 0);
});
