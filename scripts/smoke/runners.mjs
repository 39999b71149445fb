// The program inside test runners, and in a bundle that leaves the package outside.
import { join } from 'node:path';
import { build, version } from 'esbuild';
import { tryProgram } from './programs.mjs';
import { nodeBinary, RUNNERS } from './tools.mjs';

/** What goes into a project beside backbeat, as `name@version`. */
export const runnerPackages = Object.entries(RUNNERS).map((entry) => entry.join('@'));

/**
 * @param folder a project with backbeat and the packages above installed
 * @returns for each place: its title and the outcome there
 */
export async function tryRunners(folder) {
  const [node20, node22, node24] = ['node20', 'node22', 'node24'].map(nodeBinary);
  const jest = [
    ...['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'],
    ...['--testMatch', '**/*.jest.mjs', '--testEnvironment', 'node'],
  ];
  const places = [
    {
      title: `AVA ${RUNNERS.ava}, Node 22`,
      command: [node22, 'node_modules/ava/entrypoints/cli.mjs', 'features.ava.mjs'],
    },
    { title: `Jest ${RUNNERS.jest}, Node 24`, command: [node24, ...jest], kind: 'jest' },
    { title: `Jest ${RUNNERS.jest}, Node 22`, command: [node22, ...jest], kind: 'jest' },
    { title: `Jest ${RUNNERS.jest}, Node 20`, command: [node20, ...jest], kind: 'jest' },
    {
      title: `vitest ${RUNNERS.vitest}, Node 22`,
      command: [node22, 'node_modules/vitest/vitest.mjs', 'run', 'features.vitest'],
    },
  ];
  const rows = [];
  for (const { title, command, kind } of places) {
    rows.push({ title, outcome: await tryProgram(command, folder, { kind }) });
  }
  const title = `a bundle by esbuild ${version}, backbeat external, Node 22`;
  return [...rows, { title, outcome: await tryBundle(node22, folder) }];
}

async function tryBundle(node, folder) {
  await build({
    absWorkingDir: folder,
    entryPoints: ['main.mjs', 'sender.mjs'],
    outdir: 'bundle',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    external: ['backbeat', 'backbeat/*'],
  });
  return tryProgram([node, join('bundle', 'main.mjs')], folder);
}
