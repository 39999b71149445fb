// The entries of the package, as its manifest names them: ES modules that `require` loads, too, with
// one instance of everything behind both, and nothing else to be had from outside.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { runNode } from './fixtures/program-run.ts';

const MANIFEST = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const ENTRIES = Object.keys(MANIFEST.exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => entry.replace(/^\./, 'backbeat'));

/** What a program of CommonJS, inside this package, writes. */
async function outputOf(source: string): Promise<unknown> {
  const { stdout, stderr } = await runNode(['--input-type=commonjs', '--eval', source]);
  return stdout === '' ? Promise.reject(new Error(stderr)) : JSON.parse(stdout);
}

test('the entries are the documented ones', (t) => {
  t.deepEqual(ENTRIES, [
    'backbeat',
    'backbeat/scheduler',
    'backbeat/timers',
    'backbeat/timers/promises',
    'backbeat/register',
  ]);
});

for (const entry of ENTRIES) {
  test.serial(`${entry}: require and import give the same things`, async (t) => {
    const source = `
      const required = require('${entry}');
      import('${entry}').then((imported) => {
        const names = Object.keys(imported).filter((name) => !/^(default|module.exports)$/.test(name));
        const other = names.filter((name) => required[name] !== imported[name]);
        console.log(JSON.stringify({ count: names.length, other }));
      });
    `;
    const { count, other } = (await outputOf(source)) as { count: number; other: string[] };
    t.deepEqual(other, []);
    t.true(count > 0);
  });
}

test.serial('a class is the same through every entry', async (t) => {
  const source = `
    const { Scheduler } = require('backbeat');
    const { Scheduler: low, defaultScheduler } = require('backbeat/scheduler');
    console.log(JSON.stringify([Scheduler === low, defaultScheduler() instanceof Scheduler]));
  `;
  t.deepEqual(await outputOf(source), [true, true]);
});

test.serial('a class has the name that it is exported by', async (t) => {
  const source = `
    const entries = { ...require('backbeat'), Timeout: require('backbeat/timers').setTimeout(() => {}, 0).constructor };
    const classes = Object.entries(entries).filter(([, value]) => /^class\\b/.test(value));
    const other = classes.filter(([name, { name: own }]) => name !== own).map(([name]) => name);
    console.log(JSON.stringify([classes.length > 30, other]));
  `;
  t.deepEqual(await outputOf(source), [true, []]);
});

const PARTS_AT_ONCE = {
  backbeat: ['base', 'pool', 'scheduler'],
  'backbeat/scheduler': ['base', 'scheduler'],
  'backbeat/register': ['base', 'register', 'timers'],
};
for (const [entry, parts] of Object.entries(PARTS_AT_ONCE)) {
  test.serial(`${entry}: what most programs never use is not loaded with it`, async (t) => {
    const source = `
      require('${entry}');
      const names = Object.keys(require.cache).map((path) => /dist.(.*)\\.cjs$/.exec(path)?.[1]);
      console.log(JSON.stringify(names.filter(Boolean).sort()));
    `;
    t.deepEqual(await outputOf(source), parts);
  });
}

test.serial(
  'what is loaded later does not meet the timers that a program has put in place since',
  async (t) => {
    const source = `
    const { BackbeatError, BackgroundWorkerPool, parallelise } = require('backbeat');
    const gone = () => { throw new Error('fake'); };
    const names = ['setTimeout', 'clearTimeout', 'setImmediate'];
    for (const module of [globalThis, require('node:timers')]) {
      for (const name of names) module[name] = gone;
    }
    globalThis.performance = { now: gone };
    Date.now = gone;
    const ran = new Promise((resolve) => {
      BackgroundWorkerPool.newActor(() => resolve('ran'), { delay: 0.001 }).start();
    });
    const results = parallelise((id) => id + 1, 3);
    Promise.all([ran, results]).then((all) => console.log(JSON.stringify(all)));
  `;
    t.deepEqual(await outputOf(source), ['ran', [1, 2, 3]]);
  },
);

for (const hidden of ['backbeat/index.js', 'backbeat/dist/native.js', 'backbeat/native']) {
  test.serial(`${hidden} is not to be had`, async (t) => {
    const source = `
      try { require('${hidden}'); } catch (error) { console.log(JSON.stringify(error.code)); }
    `;
    t.is(await outputOf(source), 'ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
}
