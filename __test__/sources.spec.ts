// walk and lines against what Node itself finds, on a tree that is made for it.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { lines, type SourceError, walk } from '../src/index.ts';

const root = mkdtempSync(join(tmpdir(), 'backbeat-sources-'));
const tree = join(root, 'tree');
const deep = join(tree, 'a', 'deep', 'er');

test.before(() => {
  mkdirSync(deep, { recursive: true });
  mkdirSync(join(tree, 'empty'));
  mkdirSync(join(tree, 'node_modules', 'x'), { recursive: true });
  for (let index = 0; index < 300; index++) {
    writeFileSync(join(tree, `file-${index}.txt`), 'x'.repeat(index));
    writeFileSync(join(deep, `über-${index}.ts`), '');
  }
  writeFileSync(join(tree, 'node_modules', 'x', 'index.ts'), '');
  writeFileSync(join(tree, '.hidden'), '');
});

test.after.always(() => rmSync(root, { recursive: true, force: true }));

/** What `fs.readdir` finds, as paths. */
function found(wants: (path: string, isDirectory: boolean) => boolean): string[] {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => wants(join(entry.parentPath, entry.name), entry.isDirectory()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('a walk finds what readdir finds', async (t) => {
  const files = found((_path, isDirectory) => !isDirectory);
  t.is(files.length, 602);
  t.deepEqual((await all(walk(tree))).sort(), files);
  t.deepEqual([...walk(pathToFileURL(tree)).sync()].sort(), files);
});

test('a walk with directories names them, but not the root', async (t) => {
  t.deepEqual(
    (await all(walk(tree, { directories: true }))).sort(),
    found(() => true),
  );
});

test('globs choose by name, or by the way from the root when they have a slash', async (t) => {
  const byName = found((path) => path.endsWith('.ts'));
  t.deepEqual((await all(walk(tree, { pattern: '*.ts' }))).sort(), byName);
  const byWay = found((path) => path.startsWith(deep) && path.endsWith('7.ts'));
  t.deepEqual((await all(walk(tree, { pattern: 'a/**/*7.ts' }))).sort(), byWay);
  const either = found((path) => /file-1\.txt$|[.]hidden$/.test(path));
  t.deepEqual((await all(walk(tree, { pattern: ['file-1.txt', '.hidden'] }))).sort(), either);
});

test('what is ignored is left out with everything below it', async (t) => {
  const rest = found((path, isDirectory) => !isDirectory && !path.includes('node_modules'));
  t.deepEqual((await all(walk(tree, { ignore: 'node_modules' }))).sort(), rest);
});

test('a depth bounds the walk', async (t) => {
  const own = readdirSync(tree, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  t.is((await all(walk(tree, { maxDepth: 1 }))).length, own.length);
});

test('stats are those of fs', async (t) => {
  for (const entry of await all(walk(tree, { stats: true, directories: true }))) {
    const stats = statSync(entry.path);
    t.is(entry.kind, stats.isDirectory() ? 'directory' : 'file');
    t.is(entry.size, stats.size);
    t.is(entry.mode, stats.mode);
    t.true(Math.abs(entry.mtimeMs - stats.mtimeMs) < 0.01);
  }
});

test('a sorted walk is in order and the same each time', async (t) => {
  const once = await all(walk(tree, { sorted: true }));
  t.deepEqual(once, await all(walk(tree, { sorted: true })));
  const own = once.filter((path) => /file-\d+\.txt$/.test(path));
  t.deepEqual(own, [...own].sort());
});

test('links are entries; followed on demand, and a circle is an error', async (t) => {
  const linked = join(root, 'linked');
  mkdirSync(join(linked, 'inner'), { recursive: true });
  writeFileSync(join(linked, 'inner', 'file'), '');
  symlinkSync(linked, join(linked, 'inner', 'circle'), 'junction');
  t.deepEqual((await all(walk(linked))).length, 2);
  const errors: SourceError[] = [];
  await all(walk(linked, { followLinks: true, onError: (error) => errors.push(error) }));
  t.deepEqual(
    errors.map(({ systemCode }) => systemCode),
    ['ELOOP'],
  );
});

test('.gitignore files are obeyed on demand', async (t) => {
  const project = join(root, 'project');
  mkdirSync(project);
  writeFileSync(join(project, '.gitignore'), '*.log\n');
  writeFileSync(join(project, 'a.log'), '');
  writeFileSync(join(project, 'a.txt'), '');
  t.is((await all(walk(project))).length, 3);
  t.is((await all(walk(project, { gitignore: true }))).length, 2);
});

test('a directory that is not there is an error in the iteration', async (t) => {
  const missing = join(root, 'missing');
  const error = await t.throwsAsync<SourceError>(all(walk(missing)), { code: 'BACKBEAT_SOURCE' });
  t.is(error?.systemCode, 'ENOENT');
  t.is(error?.path, missing);
  t.throws(() => [...walk(missing).sync()], { code: 'BACKBEAT_SOURCE' });
});

const asUser = process.platform !== 'win32' && process.getuid?.() !== 0 ? test : test.skip;

asUser('what may not be read ends the walk, or is told to onError', async (t) => {
  const closed = join(root, 'closed');
  mkdirSync(join(closed, 'secret'), { recursive: true });
  writeFileSync(join(closed, 'open'), '');
  chmodSync(join(closed, 'secret'), 0);
  await t.throwsAsync(all(walk(closed)), { code: 'BACKBEAT_SOURCE' });
  const errors: SourceError[] = [];
  const rest = await all(walk(closed, { onError: (error) => errors.push(error) }));
  t.deepEqual(rest, [join(closed, 'open')]);
  t.deepEqual(
    errors.map(({ path, systemCode }) => [path, systemCode]),
    [[join(closed, 'secret'), 'EACCES']],
  );
});

test('a glob without a meaning, a path that is none and bad counts are refused at the call', (t) => {
  t.throws(() => walk(tree, { pattern: 'a{b' }), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  t.throws(() => walk(''), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  t.throws(() => walk(tree, { ahead: 1 }), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  t.throws(() => walk(tree, { threads: 0 }), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  t.throws(() => lines('a\0b'), { code: 'BACKBEAT_INVALID_ARGUMENT' });
});

test('a loop that is left early ends the walk', async (t) => {
  const entries = walk(tree, { ahead: 64 });
  for await (const _path of entries) break;
  t.true(entries.isClosed);
  t.deepEqual(await entries.receiveMany(), []);
});

for (const [name, text] of [
  ['ordinary lines', 'one\ntwo\nthree\n'],
  ['a last line without an end', 'one\ntwo'],
  ['ends of both kinds and empty lines', '\r\n\none\r\n\r\n\ntwo\rthree\n'],
  ['nothing', ''],
  ['one empty line', '\n'],
  ['letters beyond ASCII', 'größe\n\u{1f600}\nplain\n'],
  ['many lines', Array.from({ length: 50_000 }, (_, index) => `line ${index}`).join('\n')],
  ['a line longer than the channel', `short\n${'ü'.repeat(3_000_000)}\nshort\n`],
  ['lines longer than a block', `${`${'y'.repeat(200_000)}\r\n`.repeat(5)}z`],
] as const) {
  test(`lines: ${name}`, async (t) => {
    const file = join(root, `${name}.txt`);
    writeFileSync(file, text);
    const expected = text.split(/\r?\n/);
    if (expected.at(-1) === '') expected.pop();
    const looped = await all(lines(file));
    t.is(looped.length, expected.length);
    t.true(looped.every((line, index) => line === expected[index]));
    const blocking = [...lines(file, { ahead: 256 }).sync()];
    t.true(blocking.length === expected.length);
    t.true(blocking.every((line, index) => line === expected[index]));
  });
}

test('a file that is not there is an error in the iteration', async (t) => {
  const error = await t.throwsAsync<SourceError>(all(lines(join(root, 'none'))));
  t.is(error?.systemCode, 'ENOENT');
});

test('lines come many together, and what was not taken one by one comes first', async (t) => {
  const file = join(root, 'numbers.txt');
  writeFileSync(file, Array.from({ length: 1000 }, (_, index) => `${index}\n`).join(''));
  const source = lines(file);
  const [first] = [(await source[Symbol.asyncIterator]().next()).value];
  t.is(first, '0');
  let next = 1;
  for (let batch = await source.receiveMany(); batch.length > 0; ) {
    for (const line of batch) t.is(line, `${next++}`);
    batch = await source.receiveMany();
  }
  t.is(next, 1000);
});
