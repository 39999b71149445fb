/**
 * Name patterns of `findWorkers`, `stopWorkers` and `removeWorkers`.
 *
 * The whole name must match, case counts. `?` is one character (code point), `*` any number of them, `+` one or
 * more, `[abc]` one of a set, `[^abc]` one outside it, `\` takes the next character literally. An
 * unclosed set matches nothing.
 *
 * The matcher is the usual one for wildcards: it remembers the last star and goes back to it, so
 * its cost is at most pattern length times name length and no pattern can make it explode.
 */

type Token =
  | { readonly kind: 'literal'; readonly character: number }
  | { readonly kind: 'any' }
  | { readonly kind: 'set'; readonly members: ReadonlySet<number>; readonly isNegated: boolean }
  | { readonly kind: 'star' }
  | { readonly kind: 'nothing' };

/** A compiled pattern. */
export class NamePattern {
  /** What every matching name begins with. */
  readonly prefix: string;
  /** True when the prefix is the whole name. */
  readonly isLiteral: boolean;
  readonly #tokens: readonly Token[];

  constructor(pattern: string) {
    this.#tokens = compile(pattern);
    const firstWildcard = this.#tokens.findIndex(({ kind }) => kind !== 'literal');
    this.isLiteral = firstWildcard === -1;
    const literals = this.isLiteral ? this.#tokens : this.#tokens.slice(0, firstWildcard);
    this.prefix = literals
      .map((token) => (token.kind === 'literal' ? String.fromCodePoint(token.character) : ''))
      .join('');
  }

  /** True when the whole name matches. */
  matches(name: string): boolean {
    if (this.isLiteral) return name === this.prefix;
    if (!name.startsWith(this.prefix)) return false;
    const tokens = this.#tokens;
    let at = 0;
    let token = 0;
    let starToken = -1;
    let starAt = 0;
    while (at < name.length) {
      const current = tokens[token];
      const character = name.codePointAt(at) as number;
      if (current?.kind === 'star') {
        starToken = token++;
        starAt = at;
      } else if (current !== undefined && accepts(current, character)) {
        token++;
        at += unitsOf(character);
      } else if (starToken >= 0) {
        token = starToken + 1;
        starAt += unitsOf(name.codePointAt(starAt) as number);
        at = starAt;
      } else return false;
    }
    while (tokens[token]?.kind === 'star') token++;
    return token === tokens.length;
  }
}

/** UTF-16 units of a code point. */
function unitsOf(character: number): number {
  return character > 0xffff ? 2 : 1;
}

function accepts(token: Token, character: number): boolean {
  switch (token.kind) {
    case 'literal':
      return token.character === character;
    case 'any':
      return true;
    case 'set':
      return token.members.has(character) !== token.isNegated;
    default:
      return false;
  }
}

function compile(pattern: string): Token[] {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === '?') tokens.push({ kind: 'any' });
    else if (character === '*') pushStar(tokens);
    else if (character === '+') {
      tokens.push({ kind: 'any' });
      pushStar(tokens);
    } else if (character === '[') {
      const end = characters.indexOf(']', at);
      if (end === -1) return [{ kind: 'nothing' }];
      tokens.push(compileSet(characters.slice(at + 1, end)));
      at = end;
    } else if (character === '\\' && at + 1 < characters.length) {
      tokens.push(literal(characters[++at] as string));
    } else tokens.push(literal(character));
  }
  return tokens;
}

function pushStar(tokens: Token[]): void {
  if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
}

function literal(character: string): Token {
  return { kind: 'literal', character: character.codePointAt(0) as number };
}

function compileSet(characters: string[]): Token {
  const isNegated = characters[0] === '^';
  const members = isNegated ? characters.slice(1) : characters;
  const points = members.map((member) => member.codePointAt(0) as number);
  return { kind: 'set', members: new Set(points), isNegated };
}
