// What keeps a process alive, what an idle channel costs, and ends that nobody holds any more.
import test from 'ava';
import { runSource } from './fixtures/program-run.ts';

const CHANNEL = `
import { channel } from '${new URL('../dist/index.js', import.meta.url)}';
import { channelHub } from '${new URL('../dist/watched.js', import.meta.url)}';
`;

for (const [title, source] of [
  ['an open channel that carries nothing', 'globalThis.kept = channel();'],
  ['a channel with items that nobody receives', 'channel().sender.trySend(1);'],
  [
    'a channel whose receives are over',
    'const { sender, receiver } = channel(); sender.trySend(1); await receiver.receive();',
  ],
  [
    'a channel whose end was handed over',
    'const { sender } = channel(); globalThis.handle = sender.handle();',
  ],
] as const) {
  test(`${title} does not keep the process alive`, async (t) => {
    const { code, stderr } = await runSource(`${CHANNEL}${source}`);
    t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });
}

test('a pending receive keeps the process alive until it is served', async (t) => {
  const { stdout } = await runSource(`${CHANNEL}
    const { sender, receiver } = channel();
    receiver.receive().then(({ value }) => console.log(value));
    setTimeout(() => sender.trySend('served'), 50).unref();
    setTimeout(() => undefined, 100);
  `);
  t.is(stdout, 'served\n');
});

test('a receive that nothing can serve keeps the process alive, as a timer does', async (t) => {
  const { stdout } = await runSource(`${CHANNEL}
    const { receiver, sender } = channel();
    globalThis.kept = sender;
    receiver.receive();
    setTimeout(() => { console.log('still here'); process.exit(); }, 300).unref();
  `);
  t.is(stdout, 'still here\n');
});

test('an idle channel with a pending receive takes no processor time', async (t) => {
  const { stdout } = await runSource(`${CHANNEL}
    const { receiver, sender } = channel();
    globalThis.kept = sender;
    receiver.receive();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = performance.eventLoopUtilization();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { utilization } = performance.eventLoopUtilization(before);
    console.log(utilization < 0.02);
    process.exit();
  `);
  t.is(stdout, 'true\n');
});

test('an end that nobody holds is lost to the other one', async (t) => {
  const { stdout } = await runSource(
    `${CHANNEL}
    let { sender, receiver } = channel();
    sender.trySend(1);
    sender = undefined;
    const collect = setInterval(() => gc(), 10);
    console.log((await receiver.receive()).value);
    await receiver.receive().catch(({ code }) => console.log(code));
    clearInterval(collect);
    console.log(channelHub().endCount);
  `,
    { nodeArgs: ['--expose-gc'] },
  );
  t.is(stdout, '1\nBACKBEAT_CHANNEL_SENDER_LOST\n0\n');
});

test('ten thousand channels leave nothing behind', async (t) => {
  const { stdout } = await runSource(`${CHANNEL}
    for (let index = 0; index < 10_000; index++) {
      const { sender, receiver } = channel({ capacity: 1 });
      sender.trySend(index);
      sender.close();
      for await (const _item of receiver);
    }
    console.log(channelHub().endCount);
  `);
  t.is(stdout, '0\n');
});

test('a process that exits with a walk under way exits at once', async (t) => {
  const { code, signal, stderr } = await runSource(`
    import { walk } from '${new URL('../dist/index.js', import.meta.url)}';
    for await (const _path of walk('${new URL('..', import.meta.url).pathname}')) process.exit(0);
  `);
  t.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
});
