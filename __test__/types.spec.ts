// The types: what must compile does, what must not is refused. The compiler reads __test__/types,
// where every refused line is marked with @ts-expect-error.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const compilerPackage = createRequire(import.meta.url).resolve('typescript/package.json');
const compiler = join(dirname(compilerPackage), 'bin', 'tsc');

test('the types accept and refuse what they should', (t) => {
  const project = fileURLToPath(new URL('types/tsconfig.json', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project], {
    encoding: 'utf8',
  });
  t.is(stdout, '');
  t.is(status, 0);
});
