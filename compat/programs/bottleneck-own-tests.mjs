// The tests that bottleneck publishes in its own tarball, without those that need a Redis server.
// Some are older than the Node that runs and fail with its own timers as well; they count as such.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import Mocha from 'mocha';
import { check, finish } from '../checks.mjs';

const FILES = [
  'DLList',
  'batcher',
  'general',
  'group',
  'priority',
  'promises',
  'retries',
  'states',
  'stop',
];
/** Their bounds are tens of milliseconds, which a busy machine does not keep. */
const RETRIES = 3;

const require = createRequire(import.meta.url);
const tests = join(dirname(require.resolve('bottleneck/package.json')), 'test');
const mocha = new Mocha({ reporter: class {}, retries: RETRIES, timeout: 20_000 });
for (const file of FILES) mocha.addFile(join(tests, `${file}.js`));
const outcomes = [];
await new Promise((resolve) => {
  const runner = mocha.run(resolve);
  for (const outcome of ['pass', 'fail', 'pending']) {
    runner.on(outcome, (test) => outcomes.push([test.fullTitle(), outcome]));
  }
});
for (const [title, outcome] of outcomes) await check(title, () => outcome);
finish();
