import test from 'ava';
import { functionSource } from '../src/lane/function-source.ts';
import { simpleSource } from '../src/lane/simple-source.ts';

const SIMPLE = [
  '(n) => n + 1',
  'n => n',
  '(a, b) => a.length + b[0] * 2.5',
  '() => 42',
  '() => null',
  '(a) => { return a?.x ?? 1; }',
  '(a) => a === "text" ? 1 : \'other\'',
  '(a) => (a.this, a.import, [a, ...a])',
  'function (n) { return n % 10 }',
  'function inc(n) { return n + 1; }',
  '(fn, value) => fn(value) !== false',
  '(n) => n++',
];

const OTHERS = [
  '(n) => n + other',
  '(n) => this.x + n',
  'function (n) { return this.x + n; }',
  '() => new.target',
  '() => import.meta.url',
  '(n) => { other = n; }',
  '(n) => (n = other)',
  '(n) => typeof n',
  '(n) => `text`',
  '(n) => n / 2',
  '(n) => /x/',
  '(n) => 010',
  '(n) => "\\010"',
  '(n) => n /* other */ + 1',
  '(n) => ({ other })',
  '(n = other) => n',
  '({ n }) => n',
  '(...n) => n',
  'async (n) => n',
  'function* (n) { return n; }',
  'async function (n) { return n; }',
  'function inc(n) { return inc(n); }',
  '(arguments) => arguments',
  '(let) => let',
  'inc(n) { return n; }',
  'get n() { return 1; }',
  '(n) => 1e3',
  '(n) => [...other]',
  '(n) => (m) => m',
  'class { }',
  '(ä) => ä',
];

for (const text of SIMPLE) {
  test(`the parser reads the same in ${text}`, (t) => {
    const simple = simpleSource(text);
    // The comment is what the simple reading does not take on.
    const parsed = functionSource(`${text}/**/`, '');
    t.deepEqual({ ...simple, text: '' } as unknown, { ...parsed, text: '' });
  });
}

test('what may use anything but its parameters is left to the parser', (t) => {
  t.deepEqual(
    OTHERS.filter((text) => simpleSource(text) !== undefined),
    [],
  );
});
