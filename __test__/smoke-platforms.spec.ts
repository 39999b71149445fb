// How `npm run smoke` tries the binaries of other platforms: what `--on` means, and the table.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { BINARY } from './fixtures/package-copy.ts';

interface Place {
  readonly target: { readonly name: string };
  readonly command: string[];
}
interface Outcome {
  readonly cell: string;
  readonly problem?: string;
}
interface Options {
  readonly places: Place[];
  readonly binaries: string;
  readonly work: string;
  readonly url: string;
  note(where: string, outcome: Outcome): string;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCRIPT = new URL('../scripts/smoke/platforms.mjs', import.meta.url).href;
const {
  parsePlace,
  platformRows,
  WAYS,
}: {
  parsePlace(text: string): Place;
  platformRows(options: Options): Promise<string[][]>;
  WAYS: readonly { readonly title: string }[];
} = await import(SCRIPT);

const work = mkdtempSync(join(tmpdir(), 'backbeat-platforms-'));
mkdirSync(join(work, 'deep'));
copyFileSync(join(ROOT, BINARY), join(work, 'deep', BINARY));
const own = BINARY.split('.')[1] ?? '';

test.after.always(() => rmSync(work, { recursive: true }));

async function rowsWith(places: Place[]): Promise<{ rows: string[][]; outcomes: Outcome[] }> {
  const outcomes: Outcome[] = [];
  const note = (_: string, outcome: Outcome) => {
    outcomes.push(outcome);
    return outcome.cell;
  };
  const url = 'http://127.0.0.1:9/';
  const rows = await platformRows({ places, binaries: work, work, url, note });
  return { rows, outcomes };
}

test('--on names a target and the command of its Node', (t) => {
  const place = parsePlace('linux-arm64-gnu=/bin/emulator -L  /root=1 /bin/node');
  t.is(place.target.name, 'linux-arm64-gnu');
  t.deepEqual(place.command, ['/bin/emulator', '-L', '/root=1', '/bin/node']);
});

for (const text of ['linux-arm64-gnu', 'linux-arm64-gnu=', 'linux-arm64-gnu= ', '=node']) {
  test(`--on "${text}" is refused`, (t) => {
    t.throws(() => parsePlace(text), { message: `--on ${text}: it is not TARGET=COMMAND` });
  });
}

test('--on with a target that is not published', (t) => {
  t.throws(() => parsePlace('plan9-x64=node'), { message: /^no target plan9-x64; there are/ });
});

test('every target is in the table, also what was neither built nor run', async (t) => {
  const { rows, outcomes } = await rowsWith([]);
  t.is(rows.length, 8);
  t.deepEqual(outcomes, []);
  for (const row of rows) {
    const [name, binary = '', ranBy, ...cells] = row;
    if (name === own) t.regex(binary, /^\d\.\d\d MB(, GLIBC_[\d.]+)?$/);
    else t.is(binary, 'not built here');
    t.is(ranBy, 'not run here');
    t.deepEqual(cells, Array(WAYS.length).fill(''));
  }
});

test('a command that starts no Node is a failure with what it said', async (t) => {
  const place = parsePlace(`${own}=${process.execPath} --no-such-flag`);
  const { rows, outcomes } = await rowsWith([place, place]);
  t.is(rows.filter(([name, , , cell]) => name === own && cell === 'FAILED').length, 2);
  t.is(rows.length, 9);
  t.is(outcomes.length, 2);
  t.regex(outcomes[0]?.problem ?? '', /is no Node that runs here:[\s\S]*--no-such-flag/);
});
