import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { claimOutput, saveOutput } from '../src/cli/output-file.ts';
import { claimResultOutput } from '../src/cli/result-output.ts';
import { TemporaryFolder } from './fixtures/cli-program.ts';

const USAGE = { code: 'BACKBEAT_USAGE' };

test('claiming a file leaves nothing behind', (t) => {
  using folder = new TemporaryFolder();
  claimOutput('--json', folder.file('new.json'));
  t.deepEqual(folder.names(), []);
});

test('claiming a file leaves what is in it', (t) => {
  using folder = new TemporaryFolder();
  writeFileSync(folder.file('old.json'), 'old');
  claimOutput('--json', folder.file('old.json'));
  t.is(readFileSync(folder.file('old.json'), 'utf8'), 'old');
});

test('a saved file is whole and alone', (t) => {
  using folder = new TemporaryFolder();
  saveOutput(claimOutput('--json', folder.file('new.json')), '{}');
  t.is(readFileSync(folder.file('new.json'), 'utf8'), '{}');
  t.deepEqual(folder.names(), ['new.json']);
});

test('a link stays a link and its target is written', (t) => {
  using folder = new TemporaryFolder();
  writeFileSync(folder.file('target'), '');
  symlinkSync(folder.file('target'), folder.file('link'));
  saveOutput(claimOutput('--json', folder.file('link')), '{}');
  t.is(readFileSync(folder.file('target'), 'utf8'), '{}');
});

test('a device is written to, not replaced', (t) => {
  t.false(claimOutput('--json', '/dev/null').replaces);
});

test('a folder cannot be written', (t) => {
  using folder = new TemporaryFolder();
  const error = t.throws(() => claimOutput('--json', folder.path), USAGE);
  t.regex(error.message, /^--json: cannot write ".*": it is a folder$/);
});

test('a file in a missing folder cannot be written', (t) => {
  using folder = new TemporaryFolder();
  t.throws(() => claimOutput('--report', folder.file('missing/page.html')), USAGE);
});

test('a file on a read-only file system cannot be written', (t) => {
  t.throws(() => claimOutput('--json', '/proc/backbeat.json'), USAGE);
});

test('JSON and report cannot be one file', (t) => {
  using folder = new TemporaryFolder();
  const path = folder.file('both');
  t.throws(() => claimResultOutput({ json: path, report: path }), USAGE);
});

test('the log that is read cannot be written', (t) => {
  using folder = new TemporaryFolder();
  writeFileSync(folder.file('access.log'), '');
  symlinkSync(folder.file('access.log'), folder.file('link'));
  t.throws(
    () =>
      claimResultOutput(
        { json: folder.file('link'), report: undefined },
        folder.file('access.log'),
      ),
    USAGE,
  );
});
