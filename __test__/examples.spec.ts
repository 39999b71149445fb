// The examples in the documentation of the sources run.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runModule } from './fixtures/child-module.ts';

const SOURCES = fileURLToPath(new URL('../src', import.meta.url));

interface Example {
  readonly title: string;
  readonly source: string;
}

/** The blocks marked as TypeScript in the comments of a file. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(join(SOURCES, file), 'utf8');
  const blocks = text.matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm);
  return [...blocks].map(([, block = ''], index) => ({
    title: `example ${index + 1} of ${file}`,
    source: block.replace(/^ *\* ?/gm, ''),
  }));
}

const examples = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .toSorted()
  .flatMap(examplesOf);

test('there are examples', (t) => {
  t.true(examples.length >= 6);
});

for (const { title, source } of examples) {
  test.serial(`${title} runs`, async (t) => {
    const { code, stderr } = await runModule(source);
    t.is(stderr, '');
    t.is(code, 0);
  });

  test.serial(`${title} shows its imports`, (t) => {
    t.regex(source, /from 'backbeat(\/[\w/]+)?'/);
  });
}
