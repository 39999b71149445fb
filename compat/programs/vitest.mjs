import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';
import { check, finish } from '../checks.mjs';

const root = fileURLToPath(new URL('../vitest', import.meta.url));

// The tests run in a process of their own, which inherits the flags of this one.
const vitest = await startVitest('test', [], {
  root,
  config: false,
  watch: false,
  pool: 'forks',
  reporters: [{}],
  execArgv: process.execArgv,
  poolOptions: { forks: { execArgv: process.execArgv } },
});
for (const module of vitest.state.getTestModules()) {
  for (const test of module.children.allTests()) {
    await check(test.name, () => test.result());
  }
}
await vitest.close();
finish();
