// Both ends in one isolate: order, bounds, values, ends.
import test from 'ava';
import { channel, type Receiver } from '../src/index.ts';

async function collect<T>(receiver: Receiver<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of receiver) items.push(item);
  return items;
}

test('items come out once and in the order in which they went in', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 3 });
  const all = Array.from({ length: 1000 }, (_, index) => index);
  const sending = (async () => {
    for (const item of all) await sender.send(item);
    sender.close();
  })();
  t.deepEqual(await collect(receiver), all);
  await sending;
});

test('a channel takes as many items as its capacity says, for every capacity', (t) => {
  for (const capacity of [1, 2, 3, 7, 8, 15, 16, 100]) {
    const { sender, receiver } = channel<number>({ capacity });
    let sent = 0;
    while (sender.trySend(sent)) sent++;
    t.is(sent, capacity);
    t.is(sender.waiting, capacity);
    t.deepEqual(receiver.tryReceive(), { value: 0, done: false });
    t.true(sender.trySend(sent));
    t.false(sender.trySend(sent + 1));
    receiver.close();
  }
});

test('a channel with a bound in bytes takes no more than that, but one item of any size', (t) => {
  const { sender, receiver } = channel<Uint8Array>({ capacity: 100, maxBytes: 1000 });
  let sent = 0;
  while (sender.trySend(new Uint8Array(100))) sent++;
  t.true(sent >= 5 && sent < 10, `${sent} items of 100 bytes`);
  while (receiver.tryReceive() !== undefined);
  t.true(sender.trySend(new Uint8Array(5000)));
  t.false(sender.trySend(new Uint8Array(1)));
  t.is(receiver.tryReceive()?.value?.length, 5000);
  t.true(sender.trySend(new Uint8Array(1)));
});

test('what waits for room in bytes is sent when there is room', async (t) => {
  const { sender, receiver } = channel<string>({ capacity: 100, maxBytes: 50 });
  const texts = Array.from({ length: 200 }, (_, index) => 'x'.repeat(index % 70));
  const sending = sender.sendMany(texts).then(() => sender.close());
  t.deepEqual(await collect(receiver), texts);
  await sending;
});

test('every value that can be cloned passes, nothing and false ones too', async (t) => {
  const values: unknown[] = [
    undefined,
    null,
    0,
    -0,
    Number.NaN,
    false,
    true,
    '',
    'text',
    'text beyond latin1: \u{1f600}, \ud800',
    10n ** 30n,
    [],
    {},
    [1, [2, [3]]],
    { a: 1, b: { c: 'x' } },
    new Date(5),
    new Map([[1, { a: 2 }]]),
    new Set(['a']),
    new Uint8Array([1, 2, 3]),
    new Float64Array([1.5, 2.5]),
    new Uint8Array(300_000).fill(7),
    'long'.repeat(100_000),
    'EOF',
  ];
  const { sender, receiver } = channel({ capacity: 2 });
  const sending = sender.sendMany(values).then(() => sender.close());
  t.deepEqual(await collect(receiver), values);
  await sending;
});

test('payloads keep their places when the ring of bytes wraps around', async (t) => {
  const { sender, receiver } = channel<string>({ capacity: 5 });
  const texts = Array.from({ length: 3000 }, (_, index) =>
    String.fromCharCode(97 + (index % 26)).repeat((index * 7919) % 9000),
  );
  const sending = sender.sendMany(texts).then(() => sender.close());
  let at = 0;
  for await (const text of receiver) t.true(text === texts[at++]);
  t.is(at, texts.length);
  await sending;
});

test('a Buffer arrives as a copy of its bytes, a SharedArrayBuffer is shared', async (t) => {
  const { sender, receiver } = channel<Buffer | SharedArrayBuffer>();
  const shared = new SharedArrayBuffer(8);
  await sender.sendMany([Buffer.from('pooled'), Buffer.from(shared), shared]);
  new Uint8Array(shared)[0] = 1;
  const [pooled, copied, same] = await receiver.receiveMany();
  t.deepEqual(pooled, Buffer.from('pooled'));
  t.is((pooled as Buffer).buffer.byteLength, 6);
  t.deepEqual(copied, Buffer.alloc(8));
  t.is(new Uint8Array(same as SharedArrayBuffer)[0], 1);
});

test('a listed buffer is moved when it is large', async (t) => {
  const { sender, receiver } = channel<ArrayBuffer>();
  const large = new ArrayBuffer(1 << 20);
  await sender.send(large, { transfer: [large] });
  t.is(large.byteLength, 0);
  const { value } = await receiver.receive();
  t.is(value?.byteLength, 1 << 20);
});

test('what cannot be cloned is refused at the call and leaves the channel as it was', async (t) => {
  const { sender, receiver } = channel<unknown>();
  t.throws(() => sender.trySend(() => 1), { code: 'BACKBEAT_UNCLONEABLE' });
  await t.throwsAsync(sender.send({ deep: [Symbol('x')] }), { code: 'BACKBEAT_UNCLONEABLE' });
  await sender.send('after');
  t.deepEqual(await receiver.receive(), { value: 'after', done: false });
});

test('an error comes after the items that were sent before it, once, and is then the end', async (t) => {
  const { sender, receiver } = channel<number>();
  await sender.sendMany([1, 2]);
  sender.fail(new RangeError('broken'));
  t.is((await receiver.receive()).value, 1);
  t.is((await receiver.receive()).value, 2);
  await t.throwsAsync(receiver.receive(), { instanceOf: RangeError, message: 'broken' });
  t.true((await receiver.receive()).done);
});

test('an urgent error overtakes the items', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 2 });
  const sends = [1, 2, 3].map((item) => sender.send(item));
  t.is((await receiver.receive()).value, 1);
  sender.fail(new Error('now'), { isUrgent: true });
  await t.throwsAsync(receiver.receive(), { message: 'now' });
  t.true((await receiver.receive()).done);
  const outcomes = (await Promise.allSettled(sends)).map(({ status }) => status);
  t.deepEqual(outcomes.slice(0, 2), ['fulfilled', 'fulfilled']);
});

test('a later send takes those along that wait, once there is room', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 1 });
  sender.trySend(1);
  const waiting = sender.send(2);
  t.is(receiver.tryReceive()?.value, 1);
  t.false(sender.trySend(3));
  t.is(receiver.tryReceive()?.value, 2);
  await waiting;
  t.true(sender.trySend(3));
});

test('an error keeps its class, code, cause and own properties', async (t) => {
  const { sender, receiver } = channel();
  const cause = new TypeError('why');
  sender.fail(Object.assign(new Error('broken', { cause }), { code: 'E_BROKEN', at: { line: 3 } }));
  const error = await t.throwsAsync(receiver.receive(), { message: 'broken', code: 'E_BROKEN' });
  t.deepEqual((error as unknown as { at: unknown }).at, { line: 3 });
  t.true((error?.cause as Error) instanceof TypeError);
});

test('a full channel still takes its end', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 1 });
  t.true(sender.trySend(1));
  sender.close();
  t.deepEqual(await collect(receiver), [1]);
});

test('close lets the sends that wait go first', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 1 });
  const sends = [1, 2, 3].map((item) => sender.send(item));
  sender.close();
  t.deepEqual(await collect(receiver), [1, 2, 3]);
  await Promise.all(sends);
});

test('the end is sticky', async (t) => {
  const { sender, receiver } = channel();
  sender.close();
  t.true((await receiver.receive()).done);
  t.true((await receiver.receive()).done);
  t.true(receiver.tryReceive()?.done);
  t.deepEqual(await receiver.receiveMany(), []);
});

test('receives that wait are served in order, and end together', async (t) => {
  const { sender, receiver } = channel<number>();
  const receives = [receiver.receive(), receiver.receive(), receiver.receive()];
  sender.trySend(1);
  sender.close();
  const results = await Promise.all(receives);
  t.deepEqual(
    results.map(({ value }) => value),
    [1, undefined, undefined],
  );
});

test('receiveMany takes what is there and no more than asked for', async (t) => {
  const { sender, receiver } = channel<unknown>({ capacity: 10 });
  await sender.sendMany([1, 'two', 3, 4, { five: 5 }]);
  t.deepEqual(await receiver.receiveMany(2), [1, 'two']);
  t.deepEqual(await receiver.receiveMany(), [3, 4, { five: 5 }]);
  sender.close();
  t.deepEqual(await receiver.receiveMany(), []);
});

test('receiveMany leaves an error for the next call', async (t) => {
  const { sender, receiver } = channel<number>();
  sender.trySend(1);
  sender.fail(new Error('late'));
  t.deepEqual(await receiver.receiveMany(), [1]);
  await t.throwsAsync(receiver.receiveMany(), { message: 'late' });
});

test('leaving a loop early closes the channel', async (t) => {
  const { sender, receiver } = channel<number>();
  await sender.sendMany([1, 2, 3]);
  for await (const item of receiver) if (item === 2) break;
  t.true(receiver.isClosed);
  t.throws(() => sender.trySend(4), { code: 'BACKBEAT_CHANNEL_CLOSED' });
});

test('sends that wait fail when the receiver is closed', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 1 });
  sender.trySend(1);
  const waiting = sender.send(2);
  receiver.close();
  await t.throwsAsync(waiting, { code: 'BACKBEAT_CHANNEL_CLOSED' });
});

test('a sender that was closed refuses to send', async (t) => {
  const { sender } = channel<number>();
  sender.close();
  t.throws(() => sender.trySend(1), { code: 'BACKBEAT_CHANNEL_CLOSED' });
  await t.throwsAsync(sender.send(1), { code: 'BACKBEAT_CHANNEL_CLOSED' });
});

test('both ends can be disposed of', (t) => {
  const { sender, receiver } = channel();
  sender[Symbol.dispose]();
  receiver[Symbol.dispose]();
  t.true(sender.isClosed);
  t.true(receiver.isClosed);
});

test('blocking where both ends are on one thread is refused', (t) => {
  const { sender, receiver } = channel<number>({ capacity: 1 });
  t.throws(() => receiver.receiveSync(), { code: 'BACKBEAT_CHANNEL_DEADLOCK' });
  sender.sendSync(1);
  t.throws(() => sender.sendSync(2), { code: 'BACKBEAT_CHANNEL_DEADLOCK' });
  t.is(receiver.receiveSync().value, 1);
});

test('bad options are refused at the call', (t) => {
  for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 25]) {
    t.throws(() => channel({ capacity }), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  }
  t.throws(() => channel({ maxBytes: 0 }), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  t.throws(() => channel().receiver.receiveMany(0), { code: 'BACKBEAT_INVALID_ARGUMENT' });
});

test('an end that was handed over is unusable here, and opened once only', async (t) => {
  const { sender, receiver } = channel<number>({ name: 'numbers' });
  sender.trySend(1);
  const handle = sender.handle();
  t.throws(() => sender.trySend(2), { code: 'BACKBEAT_CHANNEL_END_MOVED' });
  const { openSender, openReceiver } = await import('../src/index.ts');
  t.throws(() => openReceiver(handle), { code: 'BACKBEAT_INVALID_ARGUMENT' });
  const again = openSender<number>(handle);
  t.is(again.name, 'numbers');
  t.throws(() => openSender(handle), { code: 'BACKBEAT_CHANNEL_END_MOVED' });
  again.trySend(2);
  again.close();
  t.deepEqual(await collect(receiver), [1, 2]);
});

test('parcels that wait go along with the end that is handed over', async (t) => {
  const { openReceiver } = await import('../src/index.ts');
  const { sender, receiver } = channel<ArrayBuffer>();
  const large = new ArrayBuffer(1 << 20);
  await sender.send(large, { transfer: [large] });
  const moved = openReceiver<ArrayBuffer>(receiver.handle());
  await sender.send(new ArrayBuffer(2 << 20));
  t.is((await moved.receive()).value?.byteLength, 1 << 20);
  t.is((await moved.receive()).value?.byteLength, 2 << 20);
});

test('a loop of sends and receives lets the event loop turn', async (t) => {
  const { sender, receiver } = channel<number>({ capacity: 4 });
  let hasTurned = false;
  setTimeout(() => {
    hasTurned = true;
  }, 1);
  let item = 0;
  while (!hasTurned) {
    await sender.send(item++);
    await receiver.receive();
  }
  t.pass();
});
