// Runs real packages that live on timers with Node's timers and with backbeat/register, by programs
// of ours (compat/programs), and compares what they say.
//   npm run compat [-- PACKAGE ...] [--write]     --write puts the table into docs/compatibility.md
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { table, writeBetween } from './smoke/page-marks.mjs';

const ROOT = new URL('../', import.meta.url);
const COMPAT = new URL('compat/', ROOT);
const REGISTER = new URL('dist/timers/register.js', ROOT).href;
const HEAD = ['package', 'driven by', 'checks', 'outcome'];
const TIME_LIMIT_MS = 120_000;
/** Programs whose name is not that of the package they drive. */
const PACKAGES = {
  'sinon-fake-timers': '@sinonjs/fake-timers',
  'bottleneck-own-tests': 'bottleneck',
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', COMPAT), 'utf8'));
install();
const programs = readdirSync(new URL('programs', COMPAT))
  .map((file) => file.replace(/\.mjs$/, ''))
  .filter((name) => positionals.length === 0 || positionals.includes(name));
if (programs.length === 0) throw new Error(`no program for ${positionals.join(', ')}`);

const rows = [];
for (const name of programs) {
  const node = await run(name, []);
  const registered = await run(name, ['--import', REGISTER]);
  const row = { name, ...compare(node, registered) };
  rows.push(row);
  console.log(`${name}: ${row.checks} checks, ${row.problems.length === 0 ? 'same' : 'DIFFERENT'}`);
  for (const problem of row.problems) console.log(`  ${problem}`);
}
const differing = rows.filter(({ problems }) => problems.length > 0);
console.log(`${rows.length - differing.length} of ${rows.length} packages with the same outcome`);
if (values.write) writeTable();
process.exitCode = differing.length === 0 ? 0 : 1;

function install() {
  const isInstalled = Object.entries(dependencies).every(([name, version]) => {
    const manifest = new URL(`node_modules/${name}/package.json`, COMPAT);
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
  });
  if (isInstalled) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: fileURLToPath(COMPAT),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci in compat/ failed');
}

/** @returns what the program said, or why it said nothing */
async function run(name, flags) {
  const file = fileURLToPath(new URL(`programs/${name}.mjs`, COMPAT));
  const child = spawn(process.execPath, [...flags, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIME_LIMIT_MS,
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const said = stdout.trim().split('\n').at(-1);
  if (code !== 0 || !said.startsWith('{')) {
    const why = code === null ? 'out of time' : stderr.trim().split('\n').slice(-20).join('\n');
    return { outcomes: [], failure: `ended with ${code}: ${why}` };
  }
  return JSON.parse(said);
}

function compare(node, registered) {
  const problems = [node.failure, registered.failure].filter((failure) => failure !== undefined);
  if (problems.length === 0) {
    if (node.isRegistered || !registered.isRegistered) problems.push('not replaced, or too early');
    if (node.outcomes.length === 0) problems.push('nothing was checked');
  }
  for (const [at, { name, outcome }] of node.outcomes.entries()) {
    const other = registered.outcomes[at]?.outcome;
    if (other !== outcome) problems.push(`${name}: ${outcome} with Node, ${other} registered`);
  }
  return { checks: node.outcomes.length, names: node.outcomes.map(({ name }) => name), problems };
}

function writeTable() {
  const lines = rows.map(({ name, checks, problems }) => {
    const packageName = PACKAGES[name] ?? name;
    const verdict = problems.length === 0 ? 'same' : problems.join('; ').replaceAll('|', '\\|');
    const by = name.endsWith('own-tests')
      ? 'its own tests'
      : `[a program](../compat/programs/${name}.mjs)`;
    return [`${packageName} ${dependencies[packageName]}`, by, checks, verdict];
  });
  const node = `Node ${process.version}, ${process.platform} ${process.arch}.`;
  writeBetween('packages', `${node}\n\n${table(HEAD, lines)}`);
}
