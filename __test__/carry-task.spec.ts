// Functions named by their module, and what a thread says when it cannot import something.
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { InvalidArgumentError } from '../src/errors.ts';
import { carry } from '../src/lane/carried-function.ts';
import { ThreadTask, task } from '../src/lane/thread-task.ts';
import { TestThread } from './fixtures/carry/on-thread.ts';

const thread = new TestThread(test);
const SHAPES = new URL('./fixtures/carry/shapes.ts', import.meta.url);

test('a named export', async (t) => {
  t.is(await thread.run(task(SHAPES, 'area'), 2, 3), 6);
});

test('the default export', async (t) => {
  t.is(await thread.run(task(SHAPES.href), 2, 3), 10);
});

test('a path becomes a URL', (t) => {
  const path = process.platform === 'win32' ? 'C:\\jobs\\a b.js' : '/jobs/a b.js';
  t.is(task(path).url, pathToFileURL(path).href);
});

for (const url of [
  'http://host/a.js',
  'data:text/javascript,1',
  './a.js',
  'package',
  'node:fs',
  '',
  4,
]) {
  test(`refused as a module: ${url}`, (t) => {
    const error = t.throws(() => task(url as string), { instanceOf: InvalidArgumentError });
    t.is(error?.argument, 'url');
    t.is(error?.value, url);
  });
}

test('an http: URL object is refused', (t) => {
  t.throws(() => task(new URL('http://host/a.js')), { instanceOf: InvalidArgumentError });
});

test('an empty export name is refused', (t) => {
  t.throws(() => task(SHAPES, ''), { instanceOf: InvalidArgumentError });
});

test('a task is carried once', (t) => {
  const area = task(SHAPES, 'area');
  t.true(area instanceof ThreadTask);
  t.is(carry(area), carry(area));
  t.is(carry(area).name, 'area');
});

test('something that is no function is refused', (t) => {
  t.throws(() => carry(5 as never), { instanceOf: InvalidArgumentError });
});

test('a missing module is named', async (t) => {
  const error = await thread.failure(task(new URL('missing.js', SHAPES)));
  t.is(error.code, 'BACKBEAT_TASK_IMPORT');
  t.regex(error.message, /cannot import .*missing\.js: /);
});

test('a missing export is named, with those there are', async (t) => {
  const error = await thread.failure(task(SHAPES, 'volume'));
  t.is(error.code, 'BACKBEAT_TASK_IMPORT');
  t.regex(error.message, /no function 'volume'; it exports Shape, area, default, origin$/);
});

test('an export that is no function is refused', async (t) => {
  t.is((await thread.failure(task(SHAPES, 'origin'))).code, 'BACKBEAT_TASK_IMPORT');
});
