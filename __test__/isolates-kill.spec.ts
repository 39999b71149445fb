// Worker isolates ended from outside at random moments, in a process of their own: no signal, and
// nothing lost or doubled elsewhere. `BACKBEAT_TEST_SEED` repeats a run.
import test from 'ava';
import { runFixture } from './fixtures/program-run.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);
const ACTORS = 100_000;
/** The actors of the main isolate are due all along the kills. */
const SPREAD_MS = 8000;

interface Kills {
  readonly title: string;
  readonly count: number;
  readonly loader: 'main' | 'workers';
  readonly load: 'idle' | 'busy';
}

const NOTHING_LEFT = { pending: 0, queued: 0, hasThread: false };

test.before((t) => t.log(`seed ${SEED}`));

for (const { title, count, loader, load } of [
  { title: '200 busy isolates', count: 200, loader: 'main', load: 'busy' },
  { title: '40 idle isolates', count: 40, loader: 'main', load: 'idle' },
] satisfies Kills[]) {
  test.serial(`${title} end at random moments, the main isolate loses nothing`, async (t) => {
    const args = [SEED, count, loader, load, ACTORS, (SPREAD_MS * count) / 200];
    const { code, signal, stdout, stderr } = await runFixture('isolates-kills.mjs', args);
    t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    const findings = JSON.parse(stdout);
    t.like(findings, { kills: count, errors: [], lost: 0, doubled: 0, left: NOTHING_LEFT });
    t.true(findings.armed >= count / 2, `only ${findings.armed} had armed their actors`);
  });
}

for (const { title, count, loader, load } of [
  { title: '80 busy isolates', count: 80, loader: 'workers', load: 'busy' },
  { title: '40 idle isolates', count: 40, loader: 'workers', load: 'idle' },
] satisfies Kills[]) {
  test.serial(`${title} that alone use the addon end at random moments`, async (t) => {
    const args = [SEED, count, loader, load];
    const { code, signal, stdout, stderr } = await runFixture('isolates-kills.mjs', args);
    t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
    t.like(JSON.parse(stdout), { kills: count, errors: [], left: { hasThread: false } });
  });
}
