// Channels and generators at length: ten million items through streams of random length, bound, value,
// end and reader, each item compared with what it must be; then isolates that hold an end of a channel,
// a generator or its reader are ended at random moments, a thousand times. The tests do a little of each.
//   node scripts/soak-channel.mjs [--items 10000000] [--kills 1000] [--seed 1]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './toolchain.mjs';

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '10000000' },
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
});
const items = Number(values.items);
const kills = Number(values.kills);
let seed = Number(values.seed);

const ITEMS_PER_PROCESS = 1_000_000;
const KILLS_PER_PROCESS = 50;
const HANG_MS = 10 * 60_000;
/** Node's own threads, those of the core, and the main one. */
const MOST_TASKS = 24;
/** The sources, where the inner modules of the bundle cannot be looked into. */
const SOURCES = ['--import=tsx'];

let failures = 0;

soak('streams', 'channel-streams.mjs', items, ITEMS_PER_PROCESS);
soak('ends of channels killed', 'channel-kills.mjs', Math.ceil(kills / 2), KILLS_PER_PROCESS);
soak('generators killed', 'generator-kills.mjs', Math.floor(kills / 2), KILLS_PER_PROCESS, SOURCES);

console.log(failures === 0 ? 'nothing was wrong' : `${failures} were wrong`);
process.exitCode = failures === 0 ? 0 : 1;

/** Runs a program of the tests with one seed after the other, and adds up what it says. */
function soak(what, program, amount, perProcess, nodeArgs = []) {
  const total = { asked: amount, processes: 0, seconds: 0 };
  const path = join(ROOT, '__test__', 'fixtures', program);
  for (let left = amount; left > 0; left -= perProcess) {
    const args = [...nodeArgs, path, String(seed), String(Math.min(left, perProcess))];
    const startedMs = performance.now();
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    });
    total.processes++;
    total.seconds += Math.round((performance.now() - startedMs) / 1000);
    const where = `${what}, seed ${seed}`;
    if (status !== 0 || stderr !== '') fail(`${where}: ${signal ?? status} ${stderr}`);
    if (status === 0) addUp(total, JSON.parse(stdout), where);
    seed++;
  }
  console.log(`${what}: ${JSON.stringify(total)}`);
}

function addUp(
  total,
  { problems, outcomes = {}, left = 0, ends = 0, tasks = 0, ...counts },
  where,
) {
  for (const [name, count] of Object.entries({ ...counts, ...outcomes })) {
    total[name] = (total[name] ?? 0) + count;
  }
  for (const problem of problems) fail(`${where}: ${problem}`);
  const leaks = [left, { ends }].flatMap((one) =>
    Object.values(typeof one === 'object' ? one : [one]),
  );
  if (leaks.some((count) => count !== 0)) fail(`${where}: left ${JSON.stringify(left)}, ${ends}`);
  if (tasks > MOST_TASKS) fail(`${where}: ${tasks} threads are left`);
}

function fail(what) {
  failures++;
  console.error(what);
}
