// Wildcards, compared with regular expressions, and their cost.
import test from 'ava';
import fc from 'fast-check';
import { NamePattern } from '../src/name-pattern.ts';

const matches = (pattern: string, name: string): boolean => new NamePattern(pattern).matches(name);

for (const [pattern, name, expected] of [
  ['a', 'A', false],
  ['', '', true],
  ['*', '', true],
  ['+', '', false],
  ['?', 'ab', false],
  ['a\\', 'a\\', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['[]', 'a', false],
  ['[^]', 'a', true],
  ['[a-c]', 'b', false],
  ['[a-c]', '-', true],
  ['a]', 'a]', true],
  ['[ab', 'a', false],
  ['?', '😀', true],
  ['??', '😀', false],
  ['[😀]', '😀', true],
  ['*😀', 'x😀', true],
  ['*?', '😀😀', true],
  ['.*', 'ab', false],
  ['a$', 'a', false],
  ['line*', 'line\nbreak', true],
] as const) {
  test(`${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(name)}`, (t) => {
    t.is(matches(pattern, name), expected);
  });
}

test('any pattern matches what the regular expression of the same meaning matches', (t) => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '*', '[', '\\'), maxLength: 8 });
  const part = fc.constantFrom('a', 'b', '😀', '?', '*', '+', '[ab]', '[^a😀]', '\\*', '\\[');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), name, (parts, text) => {
      const regex = new RegExp(`^${parts.map(asRegex).join('')}$`, 'su');
      t.is(matches(parts.join(''), text), regex.test(text));
    }),
    { numRuns: 2000 },
  );
});

test('any text is a pattern: none throws', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (pattern, name) => {
      t.is(typeof matches(pattern, name), 'boolean');
    }),
  );
});

test('a name without wildcards matches itself only', (t) => {
  const plain = fc.string().filter((text) => !/[?*+[\\]/.test(text));
  fc.assert(fc.property(plain, plain, (a, b) => t.is(matches(a, b), a === b)));
});

test('many stars do not explode', (t) => {
  const pattern = new NamePattern(`${'a*'.repeat(1000)}b`);
  t.false(pattern.matches('a'.repeat(5000)));
});

for (const [pattern, prefix, isLiteral] of [
  ['abc', 'abc', true],
  ['ab*', 'ab', false],
  ['a\\*b?', 'a*b', false],
  ['*', '', false],
  ['😀x?', '😀x', false],
] as const) {
  test(`every match of ${pattern} begins with ${JSON.stringify(prefix)}`, (t) => {
    const compiled = new NamePattern(pattern);
    t.is(compiled.prefix, prefix);
    t.is(compiled.isLiteral, isLiteral);
  });
}

function asRegex(part: string): string {
  if (part === '?') return '.';
  if (part === '*') return '.*';
  if (part === '+') return '.+';
  return part;
}
