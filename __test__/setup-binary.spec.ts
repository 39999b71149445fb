// The set-up without Rust: it takes a binary that was built elsewhere, or says what to install. Run in
// a checkout of the few files it needs, with a PATH that has no cargo.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { BINARY } from './fixtures/package-copy.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCRIPTS = ['native-binary.mjs', 'setup-steps.mjs', 'toolchain.mjs'];

/** Gone at the end of the block. */
class Checkout {
  readonly path: string = mkdtempSync(join(tmpdir(), 'backbeat checkout '));

  constructor() {
    for (const name of ['empty', 'elsewhere', 'scripts']) mkdirSync(this.file(name));
    for (const name of SCRIPTS) cpSync(join(ROOT, 'scripts', name), this.file(`scripts/${name}`));
    for (const name of ['index.js', 'package.json']) cpSync(join(ROOT, name), this.file(name));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Puts the true binary there. */
  putBinary(folder: string): void {
    cpSync(join(ROOT, BINARY), this.file(join(folder, BINARY)));
  }

  /** Runs the step that provides the binary, without cargo. */
  provide(given = ''): { status: number | null; said: string } {
    const source = `
      const { provideBinary } = await import('./scripts/native-binary.mjs');
      provideBinary();
    `;
    const empty = this.file('empty');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', source],
      {
        cwd: this.path,
        encoding: 'utf8',
        env: { PATH: empty, HOME: empty, CARGO_HOME: empty, BACKBEAT_BINARY: given },
      },
    );
    return { status, said: stdout + stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

test('no Rust and no binary: it says exactly what to install', (t) => {
  using checkout = new Checkout();
  const { status, said } = checkout.provide();
  t.is(status, 1);
  t.regex(said, /needs Rust >= 1\.88; there is no cargo/);
  t.regex(said, /1\. Rust by rustup: https:\/\/rustup\.rs/);
  t.regex(said, /2\. .*(C linker|Visual Studio)/);
  t.regex(said, /BACKBEAT_BINARY=<file or folder>/);
});

test('no Rust, the binary lies in the checkout', (t) => {
  using checkout = new Checkout();
  checkout.putBinary('.');
  const { status, said } = checkout.provide();
  t.is(status, 0);
  t.regex(said, /there is no cargo; using the prebuilt one that is here/);
});

for (const [title, folder, given] of [
  ['a file', 'elsewhere', `elsewhere/${BINARY}`],
  ['a folder', 'elsewhere', 'elsewhere'],
  ['a folder with it further down', 'elsewhere/artifacts/linux', 'elsewhere'],
] as const) {
  test(`no Rust, BACKBEAT_BINARY names ${title}`, (t) => {
    using checkout = new Checkout();
    checkout.putBinary(folder);
    const { status, said } = checkout.provide(given);
    t.is(status, 0, said);
    t.regex(said, /the one of BACKBEAT_BINARY/);
    const original = readFileSync(join(ROOT, BINARY));
    t.true(readFileSync(checkout.file(BINARY)).equals(original));
  });
}

test('BACKBEAT_BINARY names nothing', (t) => {
  using checkout = new Checkout();
  const { status, said } = checkout.provide('nowhere');
  t.is(status, 1);
  t.regex(said, /BACKBEAT_BINARY: there is no backbeat\.<platform>\.node at .*nowhere/);
});

test('BACKBEAT_BINARY names a binary of garbage', (t) => {
  using checkout = new Checkout();
  writeFileSync(checkout.file(`elsewhere/${BINARY}`), 'garbage');
  const { status, said } = checkout.provide('elsewhere');
  t.is(status, 1);
  t.regex(said, /BACKBEAT_BINARY: none of .*elsewhere does/);
});

test('BACKBEAT_BINARY names a binary of another version', (t) => {
  using checkout = new Checkout();
  checkout.putBinary('elsewhere');
  const manifest = JSON.parse(readFileSync(checkout.file('package.json'), 'utf8'));
  writeFileSync(checkout.file('package.json'), JSON.stringify({ ...manifest, version: '99.0.0' }));
  const { status, said } = checkout.provide('elsewhere');
  t.is(status, 1);
  t.regex(said, /it is of version \d+\.\d+\.\d+, the sources are of 99\.0\.0/);
});
