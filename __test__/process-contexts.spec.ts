// Several schedulers, processes, contexts and copies of the package beside each other, and Node
// started with restrictions.
import test from 'ava';
import { PackageCopy } from './fixtures/package-copy.ts';
import { runFixture, runNode, runSource } from './fixtures/program-run.ts';

const DIST = new URL('../dist/', import.meta.url);
const WELL = { code: 0, signal: null, stderr: '' };

for (const way of ['fork', 'cluster']) {
  test.serial(`children of ${way} have an engine of their own`, async (t) => {
    const { stdout, ...end } = await runFixture('process-fork.mjs', [way]);
    t.like(end, WELL);
    const reports = Array(3).fill({ fired: 1000, pending: 0, code: 0 });
    t.deepEqual(JSON.parse(stdout), { fired: 1000, reports });
  });
}

test.serial('two schedulers of one isolate are apart', async (t) => {
  const { stdout, ...end } = await runSource(`
    const first = new Scheduler(), second = new Scheduler();
    const seen = [];
    first.after(5, () => seen.push('never'));
    const handle = second.after(5, () => seen.push('second'));
    seen.push(first.cancel(handle), first.pending(), second.pending());
    first.close();
    second.after(10, () => console.log(seen.join(' '), native().hasTimerThread()));
  `);
  t.like(end, WELL);
  t.is(stdout, 'false 1 1 second true\n');
});

test.serial('a scheduler may close itself in a callback, with more due at once', async (t) => {
  const { stdout, ...end } = await runSource(`
    const own = new Scheduler();
    const deadlineMs = own.now() + 5;
    let fired = 0;
    own.schedule(deadlineMs, () => { fired++; own.close(); });
    for (let actor = 0; actor < 10; actor++) own.schedule(deadlineMs, () => fired++);
    after(50, () => console.log(fired));
  `);
  t.like(end, WELL);
  t.is(stdout, '1\n');
});

test.serial('an address with a query is another module that works as the first', async (t) => {
  const { stdout, ...end } = await runSource(`
    const second = await import('${new URL('scheduler.js?second', DIST)}');
    after(1, () => second.after(1, () => console.log(second.after !== undefined)));
  `);
  t.like(end, WELL);
  t.is(stdout, 'true\n');
});

test.serial('two copies of the package work in one process', async (t) => {
  using copy = new PackageCopy({ withBinary: true });
  const { stdout, ...end } = await runSource(`
    const second = await import(${JSON.stringify(copy.schedulerUrl)});
    let fired = 0;
    for (let actor = 0; actor < 1000; actor++) {
      after(actor / 50, () => fired++);
      second.after(actor / 50, () => fired++);
    }
    after(60, () => console.log(fired));
  `);
  t.like(end, WELL);
  t.is(stdout, '2000\n');
});

test.serial('functions and objects of another vm context are taken', async (t) => {
  const { stdout, ...end } = await runSource(`
    import vm from 'node:vm';
    const seen = [];
    const context = vm.createContext({ after, scheduler, pool: BackgroundWorkerPool, seen });
    vm.runInContext(\`
      after(1, (word) => seen.push(word), 'after');
      scheduler.afterAll([2, 3], (index) => seen.push(index));
      after({ milliseconds: 4 }, () => seen.push('duration'));
      pool.newActor((data) => seen.push(data.word), { delay: '6ms', data: { word: 'pool' } }).start();
      after(8, () => { throw new Error('boom'); });
    \`, context);
    process.on('uncaughtException', (error) => seen.push(error.message));
    after(40, () => console.log(seen.join(' ')));
  `);
  t.like(end, WELL);
  t.is(stdout, 'after 0 1 duration pool boom\n');
});

test.serial('a Date of another vm context is taken', async (t) => {
  const { stdout, ...end } = await runSource(`
    import vm from 'node:vm';
    scheduler.at(vm.runInNewContext('new Date(0)'), () => console.log('fired'));
  `);
  t.like(end, WELL);
  t.is(stdout, 'fired\n');
});

for (const flag of [
  '--frozen-intrinsics',
  '--disallow-code-generation-from-strings',
  '--jitless',
]) {
  test.serial(`works with ${flag}`, async (t) => {
    const source = `
      const worker = BackgroundWorkerPool.newWorker('5ms', () => false);
      worker.start();
      const ticking = every(1, () => cancel(ticking));
      process.on('uncaughtException', (error) => console.log(error.message));
      after(1, () => { throw new Error('boom'); });
      after(20, () => console.log(worker.running, stats().pending));
    `;
    const { code, signal, stdout } = await runSource(source, { nodeArgs: [flag] });
    t.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: 'boom\nfalse 0\n' });
  });
}

for (const [entry, use] of [
  ['index.js', `BackgroundWorkerPool.newActor(() => console.log('fired')).start()`],
  ['scheduler.js', `after(1, () => console.log('fired'))`],
] as const) {
  test.serial(`require() gives dist/${entry} without a warning`, async (t) => {
    const path = JSON.stringify(decodeURIComponent(new URL(entry, DIST).pathname));
    const [name] = use.split(/[.(]/);
    const source = `const { ${name} } = require(${path}); ${use};`;
    const { stdout, ...end } = await runNode(['--eval', source]);
    t.like(end, WELL);
    t.is(stdout, 'fired\n');
  });
}

test.serial('require() and import give the same classes', async (t) => {
  const { stdout } = await runSource(`
    import { createRequire } from 'node:module';
    const required = createRequire('${DIST}')('./index.js');
    console.log(required.BackgroundWorkerPool === BackgroundWorkerPool);
  `);
  t.is(stdout, 'true\n');
});
