// One program, compiled in several ways, sends the same functions to a thread.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const FIXTURES = new URL('./fixtures/carry/', import.meta.url);
const CARRY = new URL('../dist/lane/carried-function.js', import.meta.url).href;
const THREAD = new URL('thread.mjs', FIXTURES).href;

const EXPECTED = {
  constant: 15,
  data: 20,
  calls: 45,
  recursion: false,
  mutual: true,
  classes: 'a@15',
  instance: ['home@4', 5, true],
  generator: [3, 6, 9, 12, 15],
  asyncGenerator: [4, 5, 6, 7, 8],
  cycle: true,
  sharedMemory: 0,
  sharedAfterwards: 5,
  asynchronous: 8,
  method: 8,
  functionsInData: [8, '13'],
  imported: [6, 10, { x: 0, y: 0 }, '3 sides'],
  builtin: ['b.txt', '.txt'],
  nested: 20,
  changing: 7,
  defaults: 15,
  statics: 2,
};

interface Esbuild {
  build(options: object): Promise<unknown>;
  transform(text: string, options: object): Promise<{ code: string }>;
}
const requireFromTsx = createRequire(createRequire(import.meta.url).resolve('tsx'));
const esbuild: Esbuild = requireFromTsx('esbuild');
const run = promisify(execFile);

test('functions of an ES module', async (t) => {
  const program = await transpiled(t, 'esm', 'mjs');
  t.deepEqual(await resultsOf(program), EXPECTED);
});

test('functions of a CommonJS script', async (t) => {
  const program = await transpiled(t, 'cjs', 'cjs');
  t.deepEqual(await resultsOf(program), EXPECTED);
});

test('functions of TypeScript that tsx loads', async (t) => {
  const program = fileURLToPath(new URL('program.ts', FIXTURES));
  t.deepEqual(await resultsOf(program, '--import=tsx'), EXPECTED);
});

test('functions of TypeScript that tsx loads as CommonJS', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['program', 'shapes']) {
    const text = await sourceOf(name);
    await writeFile(join(folder, `${name}.cts`), text.replace('./shapes.ts', './shapes.cts'));
  }
  t.deepEqual(await resultsOf(join(folder, 'program.cts'), '--import=tsx'), EXPECTED);
});

test('functions of a bundle', async (t) => {
  t.deepEqual(await resultsOf(await bundled(t, { format: 'esm' }, 'mjs')), EXPECTED);
});

test('functions of a minified bundle', async (t) => {
  const program = await bundled(t, { format: 'esm', minify: true }, 'mjs');
  t.deepEqual(await resultsOf(program), EXPECTED);
});

test('functions of a minified CommonJS bundle for an old target', async (t) => {
  const options = { format: 'cjs', minify: true, target: 'es2018', keepNames: true };
  t.deepEqual(await resultsOf(await bundled(t, options, 'cjs')), EXPECTED);
});

async function resultsOf(program: string, ...nodeArguments: string[]): Promise<unknown> {
  const options = { cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: 60_000 };
  const parameters = [...nodeArguments, program, CARRY, THREAD];
  const { stdout, stderr } = await run(process.execPath, parameters, options);
  return stderr === '' ? JSON.parse(stdout) : { stdout, stderr };
}

async function transpiled(t: TeardownContext, format: string, extension: string): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const name of ['program', 'shapes']) {
    const { code } = await esbuild.transform(await sourceOf(name), { loader: 'ts', format });
    const text = code.replace('./shapes.ts', `./shapes.${extension}`);
    await writeFile(join(folder, `${name}.${extension}`), text);
  }
  return join(folder, `program.${extension}`);
}

async function bundled(t: TeardownContext, options: object, extension: string): Promise<string> {
  const outfile = join(await temporaryFolder(t), `bundle.${extension}`);
  const entryPoints = [fileURLToPath(new URL('program.ts', FIXTURES))];
  await esbuild.build({ ...options, entryPoints, outfile, bundle: true, platform: 'node' });
  return outfile;
}

function sourceOf(name: string): Promise<string> {
  return readFile(new URL(`${name}.ts`, FIXTURES), 'utf8');
}

interface TeardownContext {
  teardown(finish: () => Promise<void>): void;
}

async function temporaryFolder(t: TeardownContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'backbeat-carry-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}
