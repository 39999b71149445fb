// The example program, on a small folder; and the progress bar.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { runModule } from './fixtures/child-module.ts';
import { makeFolder, runExample } from './fixtures/example-run.ts';

const runProgram = (...args: string[]) => runExample('compress-folder.mjs', ...args);

test('every file is compressed and hashed', (t) => {
  const folder = makeFolder(t);
  const from = join(folder, 'from');
  mkdirSync(join(from, 'inner'), { recursive: true });
  const contents = new Map(
    ['a.txt', 'b.txt', join('inner', 'c.txt')].map((path) => [path, `${path} `.repeat(5000)]),
  );
  contents.set('empty.txt', '');
  for (const [path, content] of contents) writeFileSync(join(from, path), content);
  const to = join(folder, 'to');
  const { status, stdout, stderr } = runProgram(from, to);
  t.is(stderr, '');
  t.is(status, 0);
  t.regex(stdout, /^4 files, \d+ bytes to \d+\n$/);
  for (const [path, content] of contents) {
    t.is(gunzipSync(readFileSync(join(to, `${path}.gz`))).toString(), content);
  }
  const expected = [...contents]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, content]) => `${createHash('sha256').update(content).digest('hex')}  ${path}\n`);
  t.is(readFileSync(join(to, 'SHA256SUMS'), 'utf8'), expected.join(''));
});

test('without a folder it says how it is used', (t) => {
  const { status, stderr } = runProgram();
  t.is(status, 2);
  t.regex(stderr, /^usage: /);
});

test('a file that cannot be written names itself', (t) => {
  const folder = makeFolder(t);
  writeFileSync(join(folder, 'a.txt'), 'a');
  // Where the target belongs, there is a directory.
  mkdirSync(join(folder, 'to', 'a.txt.gz'), { recursive: true });
  const { status, stderr } = runProgram(folder, join(folder, 'to'));
  t.is(status, 1);
  t.regex(stderr, /^a\.txt: /);
});

test('a progress bar on a terminal, and only there', async (t) => {
  const source = (isTTY: boolean): string => `
    import { parallelise } from 'backbeat';
    Object.defineProperty(process.stderr, 'isTTY', { value: ${isTTY} });
    process.stderr.cursorTo = process.stderr.clearLine = process.stderr.moveCursor = () => true;
    await parallelise((jobId: number) => jobId, 50, { progressBar: 'Counting' });
  `;
  const on = await runModule(source(true));
  t.is(on.code, 0);
  t.regex(on.stderr, /Counting .*100% \| 50 of 50/s);
  const off = await runModule(source(false));
  t.is(off.code, 0);
  t.is(off.stderr, '');
});

const onPosix = process.platform === 'win32' ? test.skip : test;
for (const signal of ['SIGINT', 'SIGTERM']) {
  onPosix(`${signal} ends the program, and the terminal gets its cursor back`, async (t) => {
    const { code, stdout, stderr } = await runModule(`
      import { parallelise } from 'backbeat';
      Object.defineProperty(process.stderr, 'isTTY', { value: true });
      process.stderr.cursorTo = process.stderr.clearLine = process.stderr.moveCursor = () => true;
      const onProgress = () => process.kill(process.pid, '${signal}');
      const wait = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      await parallelise(wait, 500, { progressBar: true, onProgress });
      console.log('went on');
    `);
    t.is(code, null);
    t.is(stdout, '');
    t.true(stderr.includes('\u001b[?25h'));
  });
}

onPosix("a program's own handler of a signal decides beside the bar", async (t) => {
  const { code, stdout } = await runModule(`
    import { parallelise } from 'backbeat';
    Object.defineProperty(process.stderr, 'isTTY', { value: true });
    process.stderr.cursorTo = process.stderr.clearLine = process.stderr.moveCursor = () => true;
    const seen = new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
    process.kill(process.pid, 'SIGINT');
    const results = parallelise((jobId: number) => jobId, 50, { progressBar: true });
    await seen;
    console.log((await results).length, process.listenerCount('SIGINT'));
  `);
  t.is(code, 0);
  t.is(stdout, '50 0\n');
});
