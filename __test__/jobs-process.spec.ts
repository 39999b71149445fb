// What jobs mean for the life of the process, in processes of their own.
import test from 'ava';
import { runSource } from './fixtures/program-run.ts';

const CLEAN = { code: 0, signal: null, stderr: '' };
/** Longer than any test waits for the end of a process. */
const IDLE_FOR_EVER = "BackgroundWorkerPool.setThreads({ idleTimeout: '1h' });";

test('the process stays for a pending job', async (t) => {
  const end = await runSource(`
    BackgroundWorkerPool.runJob(() => new Promise((done) => setTimeout(done, 300, 'done')))
      .result.then(console.log);
  `);
  t.like(end, { ...CLEAN, stdout: 'done\n' });
});

test('the process stays for a job whose result nobody awaits', async (t) => {
  const end = await runSource(`
    BackgroundWorkerPool.runJob(async () => {
      await new Promise((done) => setTimeout(done, 300));
      console.log('done');
    });
  `);
  t.like(end, { ...CLEAN, stdout: 'done\n' });
});

test('idle threads do not hold the process', async (t) => {
  const end = await runSource(`
    ${IDLE_FOR_EVER}
    await BackgroundWorkerPool.runJob(() => undefined).result;
    console.log('idle');
  `);
  t.like(end, { ...CLEAN, stdout: 'idle\n' });
});

test('importing starts no thread', async (t) => {
  const end = await runSource(`
    process.on('worker', () => console.log('a thread'));
    setImmediate(() => console.log('end'));
  `);
  t.like(end, { ...CLEAN, stdout: 'end\n' });
});

test('process.exit with jobs running keeps its code', async (t) => {
  const end = await runSource(`
    BackgroundWorkerPool.runJob(() => { for (;;); });
    await BackgroundWorkerPool.runJob(() => undefined).result;
    process.exit(7);
  `);
  t.like(end, { code: 7, signal: null });
});

test('process.exit in a job ends its thread, not the process', async (t) => {
  const end = await runSource(`
    await BackgroundWorkerPool.runJob(() => process.exit(9)).result.catch(({ code }) => console.log(code));
  `);
  t.like(end, { ...CLEAN, stdout: 'BACKBEAT_THREAD_LOST\n' });
});

test('a failed job that nobody looks at is logged and no unhandled rejection', async (t) => {
  const end = await runSource(`
    BackgroundWorkerPool.runJob(() => { throw new Error('unheard'); }, 'lonely');
  `);
  t.like(end, { code: 0, signal: null });
  t.regex(end.stderr, /^ERROR Job "lonely" exception: unheard/);
});

test('a rejected result that nobody handles ends the process, as any rejection', async (t) => {
  const end = await runSource(`
    BackgroundWorkerPool.runJob(() => { throw new Error('unhandled'); }).result;
  `);
  t.is(end.code, 1);
  t.regex(end.stderr, /unhandled/);
});

test('killJobs at the end of a program ends at once', async (t) => {
  const end = await runSource(`
    ${IDLE_FOR_EVER}
    await Promise.all([1, 2, 3].map((n) => BackgroundWorkerPool.runJob((it) => it, { args: [n] }).result));
    await BackgroundWorkerPool.killJobs();
    console.log(BackgroundWorkerPool.countJobs().join());
  `);
  t.like(end, { ...CLEAN, stdout: '0,0\n' });
});

test('an uncaught exception of the main isolate with jobs running ends the process', async (t) => {
  const end = await runSource(`
    BackgroundWorkerPool.runJob(() => { for (;;); });
    await BackgroundWorkerPool.runJob(() => undefined).result;
    throw new Error('the end');
  `);
  t.is(end.code, 1);
  t.regex(end.stderr, /the end/);
});

test('standard output of a job is that of the process', async (t) => {
  const end = await runSource(`
    await BackgroundWorkerPool.runJob(() => console.log('from the thread')).result;
  `);
  t.like(end, { ...CLEAN, stdout: 'from the thread\n' });
});
