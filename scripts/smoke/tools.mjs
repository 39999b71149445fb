// Runtimes, package managers and test runners that the package is tried with. They come from the
// registry that npm is configured for, into a cache below target/, at the versions named here.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { npm, ROOT, run, stop } from '../toolchain.mjs';

const FOLDER = join(ROOT, 'target', 'smoke', 'tools');
const MODULES = join(FOLDER, 'node_modules');
/** How the registry calls Node's binaries. */
const NODE_PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

const TOOLS = {
  node20: `npm:${NODE_PACKAGE}@20.20.2`,
  node22: `npm:${NODE_PACKAGE}@22.23.3`,
  node24: `npm:${NODE_PACKAGE}@24.21.0`,
  node26: `npm:${NODE_PACKAGE}@26.10.0`,
  npm10: 'npm:npm@10.9.9',
  npm11: 'npm:npm@11.21.2',
  npm12: 'npm:npm@12.2.0',
  pnpm: '12.21.0',
  yarn1: 'npm:yarn@1.22.22',
  yarn4: 'npm:@yarnpkg/cli-dist@4.18.1',
  bun: '1.4.5',
  deno: '2.9.6',
};
/** What goes into a project beside backbeat, to run it inside. */
export const RUNNERS = { ava: '7.0.0', jest: '30.5.2', vitest: '3.2.7' };

/** Installs what is not there yet. */
export function installTools() {
  const manifest = `${JSON.stringify({ private: true, dependencies: TOOLS }, null, 2)}\n`;
  const stamp = join(FOLDER, 'installed.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === manifest) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), manifest);
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = run([...npm(), 'install', '--prefix', FOLDER, ...flags]);
  if (code !== 0) stop(`the runtimes could not be installed:\n${output}`);
  writeFileSync(stamp, manifest);
}

/**
 * Command lines of the runtimes: `{ title, command, kind, preload }`. `preload`: what loads the drop-in
 * timers first, where it is not as with Node.
 */
export function runtimes() {
  const nodes = ['node20', 'node22', 'node24', 'node26'].map((name) => {
    return { title: `Node ${versionOf(name)}`, kind: 'node', command: [nodeBinary(name)] };
  });
  return [
    ...nodes,
    {
      title: `Bun ${versionOf('bun')}`,
      kind: 'bun',
      command: [bunBinary()],
      preload: ['--preload', 'backbeat/register'],
    },
    {
      title: `Deno ${versionOf('deno')}`,
      kind: 'deno',
      command: [binaryBelow('@deno', 'deno'), 'run', '--allow-all'],
      preload: ['--preload', './node_modules/backbeat/dist/timers/register.js'],
    },
  ];
}

/** Node's binary of a major version, such as `node24`. */
export function nodeBinary(name) {
  const [unix, windows] = [join(MODULES, name, 'bin', 'node'), join(MODULES, name, 'bin/node.exe')];
  return existsSync(unix) ? unix : windows;
}

/** Bun's binary, without the script that would put it in place. */
export function bunBinary() {
  return binaryBelow('@oven', 'bun');
}

/** A JavaScript file of a tool. */
export function toolFile(name, path) {
  return join(MODULES, name, path);
}

/** The version of a tool that is installed. */
export function versionOf(name) {
  return JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8')).version;
}

/** One package per platform brings the binary; only the one of this platform is there. */
function binaryBelow(scope, name) {
  const found = readdirSync(join(MODULES, scope), { recursive: true }).find((path) =>
    new RegExp(`(^|[\\\\/])${name}(\\.exe)?$`).test(path),
  );
  if (found === undefined) stop(`${name} has no binary for this platform`);
  return join(MODULES, scope, found);
}
