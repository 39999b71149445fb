import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { fixture, runProgram, startProgram, TemporaryFolder } from './fixtures/cli-program.ts';

const LOG = fixture('cli-unordered.log');
const SMALL_STRESS = ['stress', '--actors', '2000', '--seconds', '0.5'];
const FIGURES = [
  'armed',
  'fired',
  'lost',
  'doubled',
  'early',
  'latenessMs',
  'cpuNsPerActor',
  'bytesPerActor',
];

test('--help ends with 0', async (t) => {
  const { code, stdout } = await runProgram('--help');
  t.is(code, 0);
  t.regex(stdout, /backbeat stress/);
});

test('stress --help lists its options', async (t) => {
  const { code, stdout } = await runProgram('stress', '--help');
  t.is(code, 0);
  t.regex(stdout, /--isolates N/);
});

test('--version is the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(fixture('../../package.json'), 'utf8'));
  t.is((await runProgram('--version')).stdout, `${version}\n`);
});

for (const [what, argv] of [
  ['an unknown command', ['dance']],
  ['an unknown option', ['stress', '--dance']],
  ['a negative number', ['stress', '--actors', '-5']],
  ['no time', ['stress', '--seconds', '0']],
  ['an unknown unit', ['replay', LOG, '--idle', '30q']],
  ['a missing log', ['replay', 'missing.log']],
  ['a folder for a log', ['replay', fixture('.')]],
  ['something that is no log', ['replay', fixture('cli-not-a-log.txt'), '--virtual']],
  ['an unwritable report', ['stress', '--report', '/proc/page.html']],
  ['an unwritable JSON file', ['replay', LOG, '--virtual', '--json', '/proc/figures.json']],
] as const) {
  test(`${what} is refused with one line and exit code 2`, async (t) => {
    const { code, stdout, stderr } = await runProgram(...argv);
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(stderr, /^backbeat: [^\n]+\n$/);
  });
}

test('replay prints a table with the bad lines', async (t) => {
  const { code, stdout } = await runProgram('replay', LOG, '--idle', '10s', '--virtual');
  t.is(code, 0);
  t.regex(stdout, /visits +3\n/);
  t.regex(stdout, /bad lines +2\n/);
  t.regex(stdout, /bad line 3: "this line is no request"/);
});

test('replay --json is exactly the documented figures', async (t) => {
  const { stdout } = await runProgram('replay', LOG, '--idle', '10s', '--virtual', '--json');
  t.deepEqual(JSON.parse(stdout), {
    requests: 4,
    badLines: 2,
    clients: 2,
    visits: 3,
    lost: 0,
    doubled: 0,
    early: 0,
    latenessMs: { p50: 0, p99: 0, p999: 0, max: 0 },
  });
});

test('replay in real time writes its report', async (t) => {
  using folder = new TemporaryFolder();
  const page = folder.file('page.html');
  const { code } = await runProgram(
    'replay',
    LOG,
    '--idle',
    '10s',
    '--speed',
    '100',
    '--report',
    page,
  );
  t.is(code, 0);
  t.regex(readFileSync(page, 'utf8'), /Active clients over log time/);
});

test('stress --json is exactly the documented figures', async (t) => {
  using folder = new TemporaryFolder();
  const { code } = await runProgram(...SMALL_STRESS, '--json', folder.file('figures.json'));
  t.is(code, 0);
  const figures = JSON.parse(readFileSync(folder.file('figures.json'), 'utf8'));
  t.deepEqual(Object.keys(figures), FIGURES);
  t.like(figures, { armed: 2000, lost: 0, doubled: 0, early: 0 });
});

test('stress --vs node adds the same figures of the peer', async (t) => {
  const { stdout } = await runProgram(...SMALL_STRESS, '--vs', 'node', '--json');
  const { peer } = JSON.parse(stdout);
  t.deepEqual(Object.keys(peer), FIGURES);
  t.like(peer, { armed: 2000, lost: 0 });
});

test('stress shares its actors between isolates', async (t) => {
  const { code, stdout } = await runProgram(...SMALL_STRESS, '--isolates', '3', '--json');
  t.is(code, 0);
  t.like(JSON.parse(stdout), { armed: 2000, lost: 0, doubled: 0, early: 0 });
});

test('stages are plain lines where there is no terminal', async (t) => {
  const { stderr } = await runProgram(...SMALL_STRESS);
  t.regex(stderr, /^weighing actors \(2,000\)\narming \(2,000\)\nrunning \(2,000\)\n/);
});

test('a reader that leaves is no error', async (t) => {
  const child = startProgram('replay', LOG, '--virtual');
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  t.is(code, 0);
  t.notRegex(stderr, /EPIPE/);
});

test('Ctrl-C ends with 130 and leaves no file', async (t) => {
  using folder = new TemporaryFolder();
  const child = startProgram('stress', '--seconds', '30', '--report', folder.file('page.html'));
  await once(child.stderr as NodeJS.ReadableStream, 'data');
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  t.is(code, 130);
  t.deepEqual(folder.names(), []);
});
