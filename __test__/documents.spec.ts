// The examples in README.md and docs/ run.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runModule } from './fixtures/child-module.ts';

const ROOT = new URL('../', import.meta.url);

interface Example {
  readonly title: string;
  readonly source: string;
}

/** The blocks of JavaScript and TypeScript that import backbeat. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(fileURLToPath(new URL(file, ROOT)), 'utf8');
  const blocks = [...text.matchAll(/^```[jt]s\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks
    .filter((source) => /from 'backbeat/.test(source))
    .map((source, index) => ({ title: `example ${index + 1} of ${file}`, source }));
}

const documents = readdirSync(new URL('docs/', ROOT)).filter((file) => file.endsWith('.md'));
const examples = ['README.md', ...documents.map((file) => `docs/${file}`)].flatMap(examplesOf);

test('there are examples', (t) => {
  t.true(examples.length >= 8);
});

for (const { title, source } of examples) {
  test.serial(`${title} runs`, async (t) => {
    const { code, stderr } = await runModule(source);
    t.is(stderr, '');
    t.is(code, 0);
  });

  const shown = [...source.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map(([, what]) => what);
  const exact = shown.filter((what) => what !== undefined && /^[\w.-]+$/.test(what));
  if (exact.length > 0) {
    test.serial(`${title} shows what it says`, async (t) => {
      const { stdout } = await runModule(source);
      for (const what of exact) t.regex(stdout, new RegExp(`(^|\\s)${what}(\\s|$)`));
    });
  }
}
