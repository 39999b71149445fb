// What the project's scripts share about the machine: where the project is, which tools it has,
// how a step is run. Only Node built-ins, because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The project's root directory. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Ends the script with a message for the person in front of it. */
export function stop(message) {
  console.error(message);
  process.exit(1);
}

/** `1.95.0` or undefined when there is no Rust compiler. */
export function rustVersion() {
  addCargoHomeToPath();
  const { CARGO = 'cargo', RUSTC = 'rustc' } = process.env;
  const cargo = spawnSync(CARGO, ['--version'], { encoding: 'utf8' });
  const rustc = spawnSync(RUSTC, ['--version'], { encoding: 'utf8' });
  if (cargo.status !== 0 || rustc.status !== 0) return undefined;
  return /^rustc (\d+\.\d+\.\d+)/.exec(rustc.stdout)?.[1];
}

// rustup writes its directory into the shell's profile, which an already open shell has not read.
function addCargoHomeToPath() {
  const bin = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin');
  const path = process.env.PATH ?? '';
  if (existsSync(bin) && !path.split(delimiter).includes(bin)) {
    process.env.PATH = `${path}${delimiter}${bin}`;
  }
}

/** True when `version` is at least `minimum`, both `major.minor[.patch]`. */
export function atLeast(version, minimum) {
  const have = version.split('.').map(Number);
  const want = minimum.split('.').map(Number);
  for (let part = 0; part < want.length; part += 1) {
    if (have[part] !== want[part]) return have[part] > want[part];
  }
  return true;
}

/** Command line of a tool installed in node_modules, run without a shell on every system. */
export function installedTool(packageName, script) {
  return [process.execPath, join(ROOT, 'node_modules', packageName, script)];
}

/** Command line of npm: the one that runs this script, otherwise the one on the PATH. */
export function npm() {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js')) return [process.execPath, running];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/**
 * Runs a command to its end. Output is captured unless `show` is set.
 * A command that cannot be started ends with code 127 and says why in `output`.
 */
export function run([command, ...args], { show = false, env = {} } = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
    shell: command.endsWith('.cmd'),
    stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  if (result.error) return { code: 127, output: `${command}: ${result.error.message}\n` };
  const output = show ? '' : `${result.stdout}${result.stderr}`;
  return { code: exitCode(result.status, result.signal), output };
}

/** Runs a command, gives each line of its standard output to `onLine`, and keeps its standard error. */
export function runLines([command, ...args], onLine, { env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errorOutput = '';
    let partial = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errorOutput += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (partial + text).split('\n');
      partial = lines.pop();
      for (const line of lines) onLine(line);
    });
    child.on('error', (error) =>
      resolve({ code: 127, errorOutput: `${command}: ${error.message}\n` }),
    );
    child.on('close', (status, signal) => {
      if (partial !== '') onLine(partial);
      resolve({ code: exitCode(status, signal), errorOutput });
    });
  });
}

// A process ended by a signal has no status; shells report 128 and more, here it is enough to fail.
function exitCode(status, signal) {
  return status ?? (signal ? 128 : 1);
}
