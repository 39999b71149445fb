// Carrying where there is no inspector, no eval, no file, no main thread; and that nothing leaks.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { TestThread } from './fixtures/carry/on-thread.ts';

const thread = new TestThread(test);
const run = promisify(execFile);
const LANE = new URL('../dist/lane/', import.meta.url).href;
const PART = fileURLToPath(new URL('./fixtures/carry/commonjs-part.cjs', import.meta.url));
const commonjs = createRequire(import.meta.url)('./fixtures/carry/commonjs.cjs');

test('names that CommonJS gives to a script', async (t) => {
  const file = fileURLToPath(new URL('./fixtures/carry/commonjs.cjs', import.meta.url));
  t.is(await thread.run(commonjs.file), file);
  t.is(await thread.run(commonjs.folder), 'carry');
  t.is(await thread.run(commonjs.required), 'the part');
  t.is(await thread.run(commonjs.member), 'the part');
  t.deepEqual(await thread.run(commonjs.requiredBefore), ['.b', 'd', 'backbeat']);
});

test('sloppy code of a CommonJS script stays sloppy', async (t) => {
  t.is(await thread.run(commonjs.sloppy), '1');
});

test('the module object of CommonJS is refused', async (t) => {
  await t.throwsAsync(thread.run(commonjs.wholeModule), { code: 'BACKBEAT_CAPTURE' });
});

test('in a script given on the command line', async (t) => {
  const text = `
    const factor = 3;
    const { join } = require('node:path');
    let changing = 1;
    const fn = () => [factor, join('a', 'b'), changing];
    const work = async () => {
      const first = (await revive(carry(fn).definition))();
      changing = 2;
      return [first, (await revive(carry(fn).definition))()];
    };`;
  t.deepEqual(await inProcess(text), [
    [3, 'a/b', 1],
    [3, 'a/b', 2],
  ]);
});

test('where code may not be made from strings', async (t) => {
  const text = `const factor = 3;
    const work = async () => (await revive(carry((n) => n * factor).definition))(5);`;
  t.is(await inProcess(text, '--disallow-code-generation-from-strings'), 15);
});

test('without an inspector, explicit captures work and the rest says so', async (t) => {
  const text = `
    const { getBuiltinModule } = process;
    process.getBuiltinModule = (name) => {
      if (name.includes('inspector')) throw new Error('there is none');
      return getBuiltinModule(name);
    };
    const factor = 3;
    const helper = (n) => n * factor;
    const fn = (n) => helper(n) + Math.abs(-1);
    const work = async () => {
      const given = (await revive(carry(fn, { helper, factor }).definition))(5);
      try {
        carry(fn);
      } catch (error) {
        return [given, error.message];
      }
    };`;
  t.deepEqual(await inProcess(text), [
    16,
    'fn cannot go to a thread: helper: this runtime cannot read the variables of a function; ' +
      'give it by name: captures: { helper }',
  ]);
});

test('in a worker thread', async (t) => {
  const text = `
    const { Worker } = require('node:worker_threads');
    const work = () => new Promise((resolve, reject) => {
      const worker = new Worker(\`
        const { parentPort } = require('node:worker_threads');
        const factor = 3;
        Promise.all(['carried-function.js', 'revive-function.js'].map((name) => import('${LANE}' + name)))
          .then(([{ carry }, { revive }]) => revive(carry((n) => n * factor).definition))
          .then((revived) => parentPort.postMessage(revived(4)));
      \`, { eval: true });
      worker.once('message', resolve).once('error', reject);
    });`;
  t.is(await inProcess(text), 12);
});

test('a function that a carried function carries on', async (t) => {
  const text = `
    const factor = 3;
    const path = require('node:path');
    const { part } = require('${PART}');
    const makeInner = (n) => {
      let changing = n;
      return [() => [changing * factor, path.basename('/a/b'), part], () => changing++];
    };
    const work = async () => {
      const outer = await revive(carry(makeInner).definition);
      const [inner, increase] = outer(2);
      const first = (await revive(carry(inner).definition))();
      try {
        carry(increase);
      } catch (error) {
        return [first, error.path];
      }
    };`;
  t.deepEqual(await inProcess(text), [[6, 'b', 'the part'], 'changing']);
});

test('in a script that is a part of a file', async (t) => {
  const text = `
    const { Script } = require('node:vm');
    const code = '{ let changing = 1; const fixed = 2; (() => [() => changing + fixed, () => { changing++ }, () => { throw new Error(String(fixed)) }])() }';
    const script = new Script(code, { filename: 'part.js', lineOffset: 10, columnOffset: 7 });
    const work = async () => {
      const [fn, change, thrower] = script.runInThisContext();
      const first = (await revive(carry(fn).definition))();
      change();
      const second = (await revive(carry(fn).definition))();
      try {
        (await revive(carry(thrower).definition))();
      } catch (error) {
        return [first, second, error.stack.split('\\n')[1].trim()];
      }
    };`;
  const [first, second, place] = (await inProcess(text)) as [number, number, string];
  t.deepEqual([first, second], [3, 4]);
  t.regex(place, /part\.js:11:\d+\)?$/);
});

test('in a script that is too long to be parsed, all variables are read anew', async (t) => {
  const text = `
    const { Script } = require('node:vm');
    const code = '(() => { const fixed = { a: 1 }; let changing = 1; return [() => fixed.a + changing, () => { changing++ }] })() /*' + ' '.repeat(1e6) + '*/';
    const [fn, change] = new Script(code, { filename: 'long.js' }).runInThisContext();
    const work = async () => {
      const first = (await revive(carry(fn).definition))();
      const isSame = carry(fn) === carry(fn);
      change();
      return [first, isSame, (await revive(carry(fn).definition))()];
    };`;
  t.deepEqual(await inProcess(text), [2, true, 3]);
});

test('a variable that another script changes', async (t) => {
  const text = `
    const { Script } = require('node:vm');
    new Script('let shared = 1; var fn = () => shared;').runInThisContext();
    const work = async () => {
      const first = (await revive(carry(fn).definition))();
      new Script('shared = 2').runInThisContext();
      return [first, (await revive(carry(fn).definition))()];
    };`;
  t.deepEqual(await inProcess(text), [1, 2]);
});

test('a process that only carried a function ends by itself', async (t) => {
  const text = 'const one = 1; const work = async () => carry(() => one).name;';
  t.is(await inProcess(text), 'anonymous');
});

test('functions that were carried, and what they captured, can be collected', async (t) => {
  const text = `
    const collected = new Set();
    const registry = new FinalizationRegistry((name) => collected.add(name));
    const make = (index) => {
      const data = { index };
      const fn = () => data.index;
      registry.register(fn, 'fn ' + index);
      registry.register(data, 'data ' + index);
      carry(fn);
      carry(fn, { data });
    };
    const work = async () => {
      for (let index = 0; index < 20; index++) make(index);
      for (let round = 0; round < 50 && collected.size < 40; round++) {
        gc();
        await new Promise(setImmediate);
      }
      return collected.size;
    };`;
  t.is(await inProcess(text, '--expose-gc'), 40);
});

test('no warning is printed for an import on a thread', async (t) => {
  const text = `
    const one = 1;
    const work = async () => {
      const fn = (await revive(carry(async () => (await import('node:os')).EOL.length + one).definition));
      return fn();
    };`;
  t.true(((await inProcess(text)) as number) > 1);
});

/** What \`work\` of a script resolves to, in a process of its own that must not print anything else. */
async function inProcess(text: string, ...nodeArguments: string[]): Promise<unknown> {
  const program = `
    let carry, revive;
    ${text}
    Promise.all([import('${LANE}carried-function.js'), import('${LANE}revive-function.js')])
      .then(async (modules) => {
        ({ carry } = modules[0]);
        ({ revive } = modules[1]);
        console.log(JSON.stringify(await work()));
      });`;
  const { stdout, stderr } = await run(process.execPath, [...nodeArguments, '-e', program], {
    timeout: 60_000,
  });
  return stderr === '' ? JSON.parse(stdout) : stderr;
}
