// An error thrown by a carried function shows where the function was written.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { carry } from '../src/lane/carried-function.ts';
import { TestThread } from './fixtures/carry/on-thread.ts';

const thread = new TestThread(test);
const FILE = new URL('./fixtures/carry/throwing.mjs', import.meta.url);
const LINES = readFileSync(FILE, 'utf8').split('\n');

for (const name of ['arrow', 'declared', 'later', 'method', 'inner'] as const) {
  test(`the stack names file, line and column: ${name}`, async (t) => {
    const { stack } = await thread.failure(await throwing(name));
    const line = LINES.findIndex((text) => text.includes(`in ${name}`));
    const column = LINES[line]?.indexOf('new Error');
    t.true(stack.includes(`${FILE.href}:${line + 1}:${(column as number) + 1}`), stack);
  });
}

test('the stack names the functions', async (t) => {
  const { stack } = await thread.failure(await throwing('inner'));
  t.regex(stack, /at thrower .*\n.*at inner /);
});

test('without captures the stack names the function and lines within it', async (t) => {
  const fn = new Function('return () => {\n  return null.missing;\n};')();
  const { stack } = await thread.failure(fn);
  t.regex(stack, /carried:the-function:2:/);
});

test('an import that a thread cannot have names who imports it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'backbeat-carry-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const [part, whole] = [join(folder, 'part.mjs'), join(folder, 'whole.mjs')];
  await writeFile(part, 'export const part = { a: 1 };');
  await writeFile(whole, "import { part } from './part.mjs'; export const fn = () => part;");
  const { fn } = await import(pathToFileURL(whole).href);
  const { definition } = carry(fn);
  await rm(part);
  const { error } = await thread.answer(definition);
  t.is(error?.code, 'BACKBEAT_TASK_IMPORT');
  t.regex(error?.message ?? '', /cannot import '\.\/part\.mjs', which .*whole\.mjs imports: /);
});

async function throwing(name: string): Promise<() => unknown> {
  const fixture: Record<string, () => unknown> = await import(FILE.href);
  return fixture[name] as () => unknown;
}
