import { InvalidArgumentError } from './errors.ts';

/**
 * Refuses options under a name that means nothing: a misspelt one would be ignored silently.
 *
 * @param options - An object. What it inherits counts, too.
 * @param names - The names that mean something.
 * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT`, with the nearest name.
 */
export function checkOptionNames(options: object, names: ReadonlySet<string>): void {
  for (const name in options) {
    if (!names.has(name)) refuse(name, (options as Record<string, unknown>)[name], names);
  }
}

function refuse(name: string, value: unknown, names: ReadonlySet<string>): never {
  const [nearest] = [...names].sort((a, b) => distance(name, a) - distance(name, b));
  throw new InvalidArgumentError(name, value, `absent: no such option, the nearest is ${nearest}`);
}

/** Letters to add, drop or change between two names, whatever their case (Levenshtein). */
function distance(one: string, other: string): number {
  const from = one.toLowerCase();
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (const [at, otherLetter] of [...other.toLowerCase()].entries()) {
      const changed = (row[at] as number) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(changed, (row[at + 1] as number) + 1, (next[at] as number) + 1));
    }
    row = next;
  }
  return row[other.length] as number;
}
