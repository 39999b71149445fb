// The types as users get them: the programs of __test__/types, with their refused lines, compiled
// against the unpacked tarball, by each supported compiler, and as bundlers resolve modules.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { extract } from 'tar';

const CHECKS = new URL('../scripts/checks/packed-package.mjs', import.meta.url).href;
const { withPackedRoot }: { withPackedRoot(use: (tarball: string) => unknown): Promise<void> } =
  await import(CHECKS);

const programs = fileURLToPath(new URL('types/', import.meta.url));
const ours = createRequire(import.meta.url);
const older = createRequire(new URL('../docs/package.json', import.meta.url));
const compilers = {
  7: ours.resolve('typescript/package.json'),
  6: older.resolve('typescript/package.json'),
  5: older.resolve('typescript-5/package.json'),
};
const nodeTypes = ours.resolve('@types/node/package.json');
const folder = mkdtempSync(join(tmpdir(), 'backbeat-packed-types-'));

test.before(async () => {
  const installed = join(folder, 'node_modules', 'backbeat');
  mkdirSync(installed, { recursive: true });
  await withPackedRoot((file) => extract({ file, cwd: installed, strip: 1 }));
  // Copied, because a link would find what else is installed here.
  for (const source of [nodeTypes, createRequire(nodeTypes).resolve('undici-types/package.json')]) {
    const name = source === nodeTypes ? '@types/node' : 'undici-types';
    cpSync(dirname(source), join(folder, 'node_modules', name), { recursive: true });
  }
  for (const name of readdirSync(programs).filter((file) => file.endsWith('.ts'))) {
    cpSync(join(programs, name), join(folder, name));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
});

test.after.always(() => rmSync(folder, { recursive: true }));

const rounds = [
  { version: '7', moduleResolution: 'nodenext', module: 'nodenext' },
  { version: '7', moduleResolution: 'bundler', module: 'esnext' },
  { version: '6', moduleResolution: 'nodenext', module: 'nodenext' },
  { version: '5', moduleResolution: 'nodenext', module: 'nodenext' },
] as const;

for (const { version, moduleResolution, module } of rounds) {
  const manifest = compilers[version];
  test.serial(`TypeScript ${version}, ${moduleResolution}: the packed types are right`, (t) => {
    t.is(ours(manifest).version.split('.')[0], version);
    const compilerOptions = {
      ...{ module, moduleResolution, noEmit: true, strict: true, target: 'es2023' },
      ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ lib: ['es2023', 'esnext.disposable'], types: ['node'], skipLibCheck: false },
    };
    const project = join(folder, `tsconfig.${version}.${moduleResolution}.json`);
    writeFileSync(project, JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const compiler = join(dirname(manifest), 'bin', 'tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project], {
      cwd: folder,
      encoding: 'utf8',
    });
    t.is(stdout, '');
    t.is(status, 0);
  });
}
