// One test for each row of the table of deliberate differences that is about generators.
import test from 'ava';
import { BackgroundGenerator, BackgroundWorkerPool, SpawnedGenerator } from '../../src/index.ts';
import { scenario } from './recorded.ts';

test.serial(
  '000-names: the name of the generator, numbered; given names as recorded',
  async (t) => {
    const { observed } = scenario('000-names');
    function* loader(): Generator<number> {
      for (;;) yield 1;
    }
    const made: BackgroundGenerator<number>[] = [];
    const make = (name?: string): string => {
      const generator = new BackgroundGenerator(loader, 1, name);
      made.push(generator);
      return generator.name;
    };
    t.deepEqual([make(), make(), make()], ['loader_0', 'loader_1', 'loader_2']);
    t.deepEqual([make('foo'), make('foo'), make('foo')], observed.foo);
    t.is(make('foo_0'), observed.foo_0);
    t.is(make(''), 'loader_3');
    for (const generator of made) generator[Symbol.dispose]();
    await Promise.all(made.map((generator) => generator.join()));
  },
);

test.serial('000-logs: each step of a life, at level DEBUG', async (t) => {
  const { levels } = scenario('000-logs').observed;
  const log: string[] = [];
  BackgroundWorkerPool.setLogger((level) => log.push(level));
  const generator = new BackgroundGenerator(() => [1], 1, 'lg');
  for await (const _item of generator.iterator());
  generator.completed();
  await generator.join();
  BackgroundWorkerPool.setLogger(undefined);
  t.deepEqual(new Set(log), new Set(['DEBUG']));
  t.true(log.length <= levels.length);
});

test.serial('003-direct-start-run: starts the source', async (t) => {
  t.is(scenario('003-direct-start-run').observed.runDirect.type, 'AttributeError');
  const spawned = new SpawnedGenerator(() => [1, 2]);
  await spawned.run();
  t.deepEqual([...spawned], [1, 2]);
});
