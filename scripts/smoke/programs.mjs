// Runs a program in a project, and judges what it says about each feature.
import { spawn } from 'node:child_process';
import process from 'node:process';

const LIMIT_MS = 180_000;

/**
 * What does not work somewhere, and how it says so. A limitation that is gone is a failure too: then
 * this table and the documents are wrong.
 */
const LIMITATIONS = [
  {
    kinds: ['bun', 'deno', 'jest'],
    features: ['lambda'],
    says: /this runtime cannot read the variables of a function/,
    title: 'captured variables only by `captures`',
  },
];

/**
 * Runs a command to its end, without the settings of an npm that may run this script.
 * @returns exit code and everything that was written
 */
export function runProgram([command, ...args], cwd, env = {}) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|INIT_CWD$|FORCE_COLOR$)/i.test(name),
  );
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      cwd,
      env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    const gather = (text) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', gather);
    child.stderr.setEncoding('utf8').on('data', gather);
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/**
 * Runs a program that ends with its outcomes, a line of JSON.
 * @param kind of place, for its limitations
 * @returns `cell`, as it stands in the table, and `problem` when it is not as it should be
 */
export async function tryProgram(command, cwd, { kind = 'node', env } = {}) {
  const { code, output } = await runProgram(command, cwd, env);
  const said = [...output.matchAll(/(?:^|OUTCOMES )(\{".*\})$/gm)].at(-1)?.[1];
  if (code !== 0 || said === undefined) {
    const why = code === null ? `no end after ${LIMIT_MS / 1000} s` : `exit code ${code}`;
    return { cell: 'FAILED', problem: `${why}\n${output.trim().slice(-2000)}` };
  }
  return judge(JSON.parse(said), kind);
}

function judge(outcomes, kind) {
  const limits = LIMITATIONS.filter(({ kinds, features }) => {
    return kinds.includes(kind) && features.some((feature) => feature in outcomes);
  });
  const wrong = Object.entries(outcomes).filter(([feature, outcome]) => {
    const limit = limits.find(({ features }) => features.includes(feature));
    return limit === undefined ? outcome !== 'ok' : !limit.says.test(outcome);
  });
  if (wrong.length > 0)
    return { cell: 'FAILED', problem: JSON.stringify(Object.fromEntries(wrong)) };
  return { cell: ['ok', ...limits.map(({ title }) => title)].join('; ') };
}
