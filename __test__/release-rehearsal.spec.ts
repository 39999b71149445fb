// The steps of the release workflow behind the builds, run at home: pack everything, judge it, publish it
// to a registry on this machine, break off and go on, put the archives into a draft.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { PublishRegistry } from './fixtures/publish-registry.ts';
import { ReleaseCheckout } from './fixtures/release-checkout.ts';

const {
  atLeast,
  npm,
  run,
}: {
  atLeast(version: string, minimum: string): boolean;
  npm(): string[];
  run(command: string[]): { output: string };
} = await import(new URL('../scripts/toolchain.mjs', import.meta.url).href);
/** Publishing by identity, and so the script, asks for this npm. */
const hasNpm = atLeast(run([...npm(), '--version', '--loglevel=silent']).output.trim(), '11.5.1');
const withNpm = hasNpm ? test.serial : test.skip;
const onUnix = process.platform === 'win32' ? test.skip : test;
const PACK = ['scripts/pack.mjs', '--all', '--prebuilds', '--binaries', 'binaries'];

const checkout = new ReleaseCheckout();
const registry = new PublishRegistry();
let names: string[] = [];

test.before(async () => {
  await registry.listen();
  const { code, stderr } = await checkout.run(PACK);
  if (code !== 0) throw new Error(stderr);
  names = readPackages().flatMap(({ name }) => name ?? []);
});

test.beforeEach(() => {
  registry.forget();
  registry.names.clear();
  for (const name of names) registry.names.add(name);
});

test.after.always(() => {
  registry.close();
  checkout.remove();
});

function readPackages(): { readonly name?: string; readonly file: string }[] {
  return JSON.parse(readFileSync(join(checkout.packages, 'packages.json'), 'utf8'));
}

function publish(...flags: string[]) {
  const script = ['scripts/publish.mjs', '--tag', `v${checkout.version}`, '--look-every', '0.1'];
  return checkout.run([...script, ...flags], registry.environment);
}

function publishedNames(): string[] {
  return registry.published.map(({ name }) => name);
}

test.serial('everything is packed: nine packages, eight archives, and their checksums', (t) => {
  t.is(names.length, 9);
  t.is(names[0], 'backbeat');
  for (const { file } of readPackages()) t.true(existsSync(join(checkout.packages, file)), file);
  const folder = join(checkout.packages, 'prebuilds');
  const archives = readdirSync(folder).filter((name) => name !== 'SHA256SUMS');
  t.is(archives.length, 8);
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trim().split('\n');
  const expected = archives.map((name) => {
    const sum = createHash('sha256').update(readFileSync(join(folder, name)));
    return `${sum.digest('hex')}  ${name}`;
  });
  t.deepEqual(sums.sort(), expected.sort());
});

test.serial('what was packed is judged', async (t) => {
  const { code, stdout } = await checkout.run([
    'scripts/checks/packed-package.mjs',
    'target/packages',
  ]);
  t.is(code, 0, stdout);
  t.is(stdout.match(/^ok /gm)?.length, 3);
});

test.serial('without one of the binaries nothing is released', async (t) => {
  const [place, aside] = ['binaries/darwin-x64', 'aside'].map((name) => join(checkout.path, name));
  renameSync(place as string, aside as string);
  const { code, stderr } = await checkout.run([...PACK, '--out', join(checkout.path, 'other')]);
  renameSync(aside as string, place as string);
  t.is(code, 1);
  t.regex(stderr, /^FAILED {2}backbeat\.darwin-x64\.node is missing$/m);
});

withNpm('without --publish npm only says what it would do', async (t) => {
  const { code, stdout, stderr } = await publish();
  t.is(code, 0, stderr);
  t.is(stdout.match(/^would publish .* as latest$/gm)?.length, 9);
  t.deepEqual(publishedNames(), []);
});

withNpm(
  'platform packages are published and seen, then the main one, as they were packed',
  async (t) => {
    registry.unseenLooks = 2;
    const { code, stderr } = await publish('--publish');
    t.is(code, 0, stderr);
    t.deepEqual(publishedNames(), [...names.slice(1), 'backbeat']);
    t.true(registry.looksAt(names[1] ?? '') > 2);
    for (const { name, _attachments: sent, 'dist-tags': tags } of registry.published) {
      t.deepEqual(tags, { latest: checkout.version });
      const file = readPackages().find((one) => one.name === name)?.file ?? '';
      const [{ data } = { data: '' }] = Object.values(sent);
      t.true(readFileSync(join(checkout.packages, file)).equals(Buffer.from(data, 'base64')), name);
    }
  },
);

withNpm('a release that broke off goes on where it was', async (t) => {
  registry.refused = names[4];
  const broken = await publish('--publish');
  t.is(broken.code, 1);
  t.regex(broken.stderr, new RegExp(`^${names[4]} was not published`, 'm'));
  t.deepEqual(publishedNames(), names.slice(1, 4));
  registry.refused = undefined;
  const again = await publish('--publish');
  t.is(again.code, 0, again.stderr);
  t.is(again.stdout.match(/is published already$/gm)?.length, 3);
  t.deepEqual(publishedNames(), [...names.slice(1), 'backbeat']);
});

withNpm('a name that nobody created stops the release before the first package', async (t) => {
  registry.names.delete('backbeat');
  const { code, stderr } = await publish('--publish');
  t.is(code, 1);
  t.regex(stderr, /^FAILED {2}backbeat is unknown to the registry/m);
  t.deepEqual(publishedNames(), []);
});

/** Runs the script that drafts a release with a `gh` that answers like this when it is asked for one. */
function draft(state: 'none' | 'draft' | 'out'): { status: number | null; calls: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-gh-'));
  try {
    const calls = join(folder, 'calls');
    const answer = { none: 'exit 1', draft: 'echo true', out: 'echo false' }[state];
    const program = `#!/bin/sh\nif [ "$2" = view ]; then ${answer}; else echo "$*" >> ${calls}; fi\n`;
    writeFileSync(join(folder, 'gh'), program);
    chmodSync(join(folder, 'gh'), 0o755);
    const script = fileURLToPath(new URL('../.ci/draft-release', import.meta.url));
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
    const { status } = spawnSync(script, ['v1.0.0', 'a.tar.gz', 'SHA256SUMS'], { env });
    const made = existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [];
    return { status, calls: made };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

onUnix('the archives go into a draft, which is made when there is none', (t) => {
  const { status, calls } = draft('none');
  t.is(status, 0);
  const made = 'release create v1.0.0 --verify-tag --draft --title v1.0.0 a.tar.gz SHA256SUMS';
  t.deepEqual(calls, [made]);
});

onUnix('archives in a draft are replaced', (t) => {
  const { status, calls } = draft('draft');
  t.is(status, 0);
  t.deepEqual(calls, ['release upload v1.0.0 --clobber a.tar.gz SHA256SUMS']);
});

onUnix('archives of a release that is out are left alone', (t) => {
  t.deepEqual(draft('out'), { status: 1, calls: [] });
});
