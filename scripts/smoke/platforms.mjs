// The binaries of other platforms, as a user there gets them: npm is told the platform, installs the
// packed package, and a Node of that platform runs the program. How such a Node is started is said by
// the person at the machine: through an emulator, inside another root folder, or on its own.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inspectBinary } from '../packaging/binary-problems.mjs';
import { findTarget, targets } from '../packaging/targets.mjs';
import { runProgram, tryProgram } from './programs.mjs';
import { installInto, npmForTarget } from './projects.mjs';

/** The ways in which the program is run everywhere. */
export const WAYS = [
  { title: 'main thread', program: 'main.mjs' },
  { title: 'in a worker only', program: 'in-worker.mjs' },
  { title: '`require()`', program: 'required.cjs' },
  { title: '`backbeat/register` preloaded', program: 'register.mjs', isRegistered: true },
];
/** How Node is told to load the drop-in timers before the program. */
const NODE_PRELOAD = ['--import', 'backbeat/register'];

/** The arguments for a way, on a runtime that preloads like this. */
export function argumentsFor({ program, isRegistered = false }, preload = NODE_PRELOAD) {
  return isRegistered ? [...preload, program] : [program];
}

/** The columns in front of the ways: package, binary, what ran it. */
const FIRST_WAY = 3;

/**
 * Reads what `--on` says: `TARGET=COMMAND`, words of the command separated by spaces.
 * @returns `{ target, command }`
 */
export function parsePlace(text) {
  const [, name, words = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const command = words.split(' ').filter((word) => word !== '');
  if (command.length === 0) throw new Error(`--on ${text}: it is not TARGET=COMMAND`);
  return { target: findTarget(name), command };
}

/**
 * Every target has a row for each Node that was given for it: the binary, what ran it, what came out.
 * @param {object} options
 * @param options.places as `parsePlace` reads them
 * @param options.binaries folder with the binaries, at any depth
 * @param options.work folder for projects and caches
 * @param options.url of the registry that has the packed packages
 * @param options.note called with each outcome and where it was; gives the cell
 */
export async function platformRows({ places, binaries, work, url, note }) {
  const rows = [];
  for (const target of targets) {
    const described = describeBinary(binaries, target);
    const wanted = places.filter((place) => place.target === target);
    if (wanted.length === 0) rows.push([target.name, described, 'not run here']);
    for (const { command } of wanted) {
      const place = { target, command, folder: join(work, `platform-${rows.length}`) };
      rows.push([target.name, described, ...(await tryPlace(place, { work, url, note }))]);
    }
  }
  return rows.map((row) => [...row, ...Array(FIRST_WAY + WAYS.length - row.length).fill('')]);
}

async function tryPlace({ target, command, folder }, { work, url, note }) {
  const { code, output } = await runProgram([...command, '--version'], work);
  if (code !== 0) {
    const problem = `${command.join(' ')} is no Node that runs here:\n${output}`;
    return [basename(command[0]), note(target.name, { cell: 'FAILED', problem })];
  }
  const title = `Node ${output.trim().replace(/^v/, '')}${startedBy(command)}`;
  const installed = await installInto(folder, npmForTarget(target), url, join(work, 'cache-other'));
  const names = installed.binaries.map((path) => basename(path)).join();
  if (installed.code !== 0 || names !== target.binary) {
    const problem = `npm installed the binaries "${names}"\n${installed.output}`;
    return [title, note(`${target.name}, ${title}`, { cell: 'FAILED', problem })];
  }
  const cells = [];
  for (const way of WAYS) {
    const outcome = await tryProgram([...command, ...argumentsFor(way)], folder);
    cells.push(note(`${target.name}, ${title}, ${way.title}`, outcome));
  }
  return [title, ...cells];
}

/** An emulator is worth knowing of, and so is a program that puts Node into another root folder. */
function startedBy([program]) {
  const name = basename(program);
  return /^node(\.exe)?$/.test(name) ? '' : `, by ${name}`;
}

function describeBinary(folder, target) {
  const found = readdirSync(folder, { recursive: true }).find(
    (path) => basename(path) === target.binary,
  );
  if (found === undefined) return 'not built here';
  const { bytes, glibc } = inspectBinary(join(folder, found), target).facts;
  const asks = glibc === undefined ? '' : `, GLIBC_${glibc}`;
  return `${(bytes / 1e6).toFixed(2)} MB${asks}`;
}
