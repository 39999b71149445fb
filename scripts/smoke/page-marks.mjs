// Tables that programs write into docs/compatibility.md, each between two marks.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../toolchain.mjs';

const PAGE = join(ROOT, 'docs', 'compatibility.md');

/** Rows of cells as a table of Markdown. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Puts `body` between the marks of this name. */
export function writeBetween(mark, body) {
  const [begin, end] = [`<!-- ${mark}:begin -->`, `<!-- ${mark}:end -->`];
  const old = readFileSync(PAGE, 'utf8');
  const [head, rest] = old.split(begin);
  if (rest === undefined) throw new Error(`docs/compatibility.md: the mark ${begin} is missing`);
  writeFileSync(PAGE, `${head}${begin}\n\n${body}\n\n${end}${rest.split(end)[1]}`);
}
