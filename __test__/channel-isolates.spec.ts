// One end in a worker: all pairs of loops and blocking ends, and every order of ending.
import test from 'ava';
import { channel, type Receiver } from '../src/index.ts';
import { startPeer } from './fixtures/channel-worker.ts';

const SEED = Number(process.env.BACKBEAT_TEST_SEED ?? Date.now() % 1_000_000);
/** Shared with fixtures that workers load, so it has no types. */
const SEEDED = new URL('./fixtures/isolates-seed.mjs', import.meta.url).href;
const COUNT = 20_000;
/** Items of the run that must be large. */
const MILLION = 1_000_000;

async function countLoop(receiver: Receiver<number>): Promise<number> {
  let count = 0;
  for await (const item of receiver) if (item === count) count++;
  return count;
}

function countBlocking(receiver: Receiver<number>): number {
  let count = 0;
  for (const item of receiver.sync()) if (item === count) count++;
  return count;
}

for (const capacity of [1, 16, 1000]) {
  for (const role of ['send loop', 'send blocking', 'send many']) {
    for (const [reads, read] of [
      ['a loop', countLoop],
      ['a blocking end', countBlocking],
    ] as const) {
      test.serial(`${role} in a worker to ${reads} here, capacity ${capacity}`, async (t) => {
        const { sender, receiver } = channel<number>({ capacity });
        const peer = startPeer({ handle: sender.handle(), role, count: COUNT });
        t.is(await read(receiver), COUNT);
        t.is(await peer.last, 'sent');
      });
    }
  }
  for (const role of ['receive loop', 'receive blocking', 'receive many']) {
    for (const way of ['a loop', 'a blocking end']) {
      test.serial(`${way} here to ${role} in a worker, capacity ${capacity}`, async (t) => {
        const { sender, receiver } = channel<number>({ capacity });
        const peer = startPeer({ handle: receiver.handle(), role });
        for (let item = 0; item < COUNT; item++) {
          if (way === 'a loop') await sender.send(item);
          else sender.sendSync(item);
        }
        sender.close();
        t.deepEqual(await peer.last, { received: COUNT, wrong: 0 });
      });
    }
  }
}

test.serial('two workers, a million items, exactly once and in order', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 64 });
  const sending = startPeer({ handle: sender.handle(), role: 'send blocking', count: MILLION });
  const receiving = startPeer({ handle: receiver.handle(), role: 'receive blocking' });
  t.is(await sending.last, 'sent');
  t.deepEqual(await receiving.last, { received: MILLION, wrong: 0 });
});

test.serial('an error in a worker comes after its items', async (t) => {
  const { sender, receiver } = channel<number>();
  startPeer({ handle: sender.handle(), role: 'send loop', count: 3, endBy: 'fail', error: 'no' });
  const items: number[] = [];
  const failure = await t.throwsAsync(async () => {
    for await (const item of receiver) items.push(item);
  });
  t.deepEqual(items, [0, 1, 2]);
  t.is(failure?.message, 'no');
  t.true(failure instanceof RangeError);
});

for (const endBy of ['exit', 'throw'] as const) {
  for (const [reads, read] of [
    ['a loop', countLoop],
    ['a blocking end', countBlocking],
  ] as const) {
    test.serial(`a sender whose worker ends by ${endBy} is lost, to ${reads}`, async (t) => {
      const { sender, receiver } = channel<number>({ capacity: 8 });
      startPeer({ handle: sender.handle(), role: 'send loop', count: 100, endBy });
      await t.throwsAsync(async () => read(receiver), { code: 'BACKBEAT_CHANNEL_SENDER_LOST' });
      t.true((await receiver.receive()).done);
    });
  }
}

test.serial('what a lost sender had sent is received first', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 200 });
  const peer = startPeer({ handle: sender.handle(), role: 'send loop', count: 100, endBy: 'exit' });
  await peer.last;
  for (let item = 0; item < 100; item++) t.is((await receiver.receive()).value, item);
  await t.throwsAsync(receiver.receive(), { code: 'BACKBEAT_CHANNEL_SENDER_LOST' });
});

for (const way of ['a loop', 'a blocking end']) {
  test.serial(`a receiver whose worker was terminated is lost, to ${way}`, async (t) => {
    const { sender, receiver } = channel<number>({ capacity: 8 });
    const peer = startPeer({ handle: receiver.handle(), role: 'receive loop' });
    await peer.opened;
    await peer.worker.terminate();
    const send = async () => {
      for (;;) {
        if (way === 'a loop') await sender.send(1);
        else sender.sendSync(1);
      }
    };
    await t.throwsAsync(send, { code: 'BACKBEAT_CHANNEL_RECEIVER_LOST' });
  });

  test.serial(`a receiver that leaves early in a worker ends ${way}`, async (t) => {
    const { sender, receiver } = channel<number>({ capacity: 8 });
    const role = way === 'a loop' ? 'receive blocking' : 'receive loop';
    const peer = startPeer({ handle: receiver.handle(), role, leaveAfter: 1000 });
    let item = 0;
    const send = async () => {
      for (;;) {
        if (way === 'a loop') await sender.send(item++);
        else sender.sendSync(item++);
      }
    };
    await t.throwsAsync(send, { code: 'BACKBEAT_CHANNEL_CLOSED' });
    t.deepEqual(await peer.last, { received: 1000, wrong: 0 });
  });
}

test.serial('a send that waits here is refused when the receiver is lost', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 1 });
  const peer = startPeer({ handle: receiver.handle(), role: 'receive loop', leaveAfter: 0 });
  await peer.opened;
  const sends = Array.from({ length: 50 }, (_, item) => sender.send(item));
  const outcome = Promise.allSettled(sends);
  await peer.worker.terminate();
  const failures = (await outcome).filter(({ status }) => status === 'rejected');
  for (const failure of failures) {
    t.regex((failure as PromiseRejectedResult).reason.code, /^BACKBEAT_CHANNEL_/);
  }
});

test.serial('a blocking end gives up after its time', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 1 });
  const peer = startPeer({ handle: sender.handle(), role: 'send loop', count: 0, endBy: 'exit' });
  await peer.opened;
  t.throws(() => receiver.receiveSync({ timeoutMs: 30_000 }), {
    code: 'BACKBEAT_CHANNEL_SENDER_LOST',
  });
  const silent = channel<number>();
  const handle = silent.sender.handle();
  t.throws(() => silent.receiver.receiveSync({ timeoutMs: 5 }), {
    code: 'BACKBEAT_CHANNEL_TIMEOUT',
  });
  handle.port.close();
});

test.serial(
  'early leaves and errors at random: what comes is the beginning, in order',
  async (t) => {
    const { randomFrom } = await import(SEEDED);
    const random: () => number = randomFrom(SEED);
    t.log(`seed ${SEED}`);
    for (let round = 0; round < 12; round++) {
      const count = Math.floor(random() * 5000);
      const leaveAt = random() < 0.5 ? Math.floor(random() * 5000) : Number.POSITIVE_INFINITY;
      const endBy = random() < 0.5 ? 'fail' : 'close';
      const role = random() < 0.5 ? 'send loop' : 'send blocking';
      const capacity = 1 + Math.floor(random() * 50);
      const { sender, receiver } = channel<number>({ capacity });
      const peer = startPeer({ handle: sender.handle(), role, count, endBy, error: 'at random' });
      let received = 0;
      let failure: unknown;
      try {
        for await (const item of receiver) {
          t.is(item, received++);
          if (received >= leaveAt) break;
        }
      } catch (error) {
        failure = error;
      }
      const isLeft = leaveAt <= count && received === Math.max(leaveAt, 1);
      if (!isLeft) {
        t.is(received, count);
        t.is((failure as Error | undefined)?.message, endBy === 'fail' ? 'at random' : undefined);
      }
      await peer.last;
    }
  },
);
