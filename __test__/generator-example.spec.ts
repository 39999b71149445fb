// The example program that loads ahead, on a small folder.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { writeTables } from '../examples/tables.mjs';
import { makeFolder, runExample } from './fixtures/example-run.ts';

const runProgram = (...args: string[]) => runExample('load-ahead.mjs', ...args);

test('loading ahead finds what the serial loop finds, in the same order', (t) => {
  const folder = makeFolder(t);
  writeTables(folder, 7, 1000);
  const ahead = runProgram(folder);
  t.is(ahead.status, 0);
  t.regex(ahead.stderr, /^7 tables in \d+ ms\n$/);
  const lines = ahead.stdout.trimEnd().split('\n');
  t.is(lines.length, 7);
  t.regex(lines[3] ?? '', /^table-0003 mean 3\.\d+ period 23$/);
  const serial = runProgram(folder, '--serial');
  t.is(serial.stdout, ahead.stdout);
});

test('a file that cannot be unpacked is an error behind the tables before it', (t) => {
  const folder = makeFolder(t);
  writeTables(folder, 2, 100);
  writeFileSync(join(folder, 'table-9.csv.gz'), 'not packed');
  const { status, stdout, stderr } = runProgram(folder);
  t.is(status, 1);
  t.is(stdout.trimEnd().split('\n').length, 2);
  t.regex(stderr, /header/);
});

test('without a folder it says how it is used', (t) => {
  const { status, stderr } = runProgram();
  t.is(status, 2);
  t.regex(stderr, /^usage: /);
});
