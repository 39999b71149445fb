// The drop-in's types with the types of Node 20, 22 and 24: a program that is written for Node's
// timers compiles.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const require = createRequire(import.meta.url);
const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
const program = fileURLToPath(new URL('../types/timers.ts', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

for (const [version, types] of Object.entries({
  20: '@types/node',
  22: '@types/node-22',
  24: '@types/node-24',
})) {
  test.serial(`a program for Node's timers compiles with the types of Node ${version}`, (t) => {
    const manifest = require.resolve(`${types}/package.json`);
    t.is(require(manifest).version.split('.')[0], version);
    // Inside the project, because the program finds the package by its own name.
    const folder = mkdtempSync(join(here, '.types-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    symlinkSync(dirname(manifest), join(folder, 'node'), 'junction');
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      exactOptionalPropertyTypes: true,
      typeRoots: [folder],
      types: ['node'],
      skipLibCheck: false,
    };
    const project = join(folder, 'tsconfig.json');
    writeFileSync(project, JSON.stringify({ compilerOptions, files: [program] }));
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project], {
      encoding: 'utf8',
    });
    t.is(stdout, '');
    t.is(status, 0);
  });
}
