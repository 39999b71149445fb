// Many values at once: how far a batch comes, when its parts can be seen, when its room is given back.
import test from 'ava';
import { ChannelMemory, createChannelMemory } from '../src/channel/channel-memory.ts';
import { FrameReader, ITEM } from '../src/channel/frame-reader.ts';
import { FrameWriter } from '../src/channel/frame-writer.ts';
import type { ParcelLane } from '../src/channel/parcels.ts';
import { channel } from '../src/index.ts';

/** Both ends of a ring, and the values that did not fit into it. */
function ringEnds(capacity: number): {
  writer: FrameWriter;
  reader: FrameReader;
  parcels: unknown[];
} {
  const memory = new ChannelMemory(createChannelMemory(capacity, undefined));
  const parcels: unknown[] = [];
  const lane: ParcelLane = {
    post: (value) => parcels.push(value),
    take: () => parcels.shift(),
    moveToPort: () => {
      throw new Error('not asked for');
    },
    close: () => undefined,
  };
  return { writer: new FrameWriter(memory, lane), reader: new FrameReader(memory, lane), parcels };
}

test('a value that cannot be sent ends the batch before it, and what was sent wakes the receiver', async (t) => {
  const { sender, receiver } = channel<unknown>({ capacity: 10 });
  const received = receiver.receiveMany();
  await t.throwsAsync(sender.sendMany([{ id: 1 }, 'two', () => 3, { id: 4 }]), {
    code: 'BACKBEAT_UNCLONEABLE',
  });
  t.deepEqual(await received, [{ id: 1 }, 'two']);
  t.is(receiver.waiting, 0);
  t.is(sender.trySendMany([{ id: 5 }, () => 6, 7]), 1);
  t.throws(() => sender.trySendMany([() => 6, 7]), { code: 'BACKBEAT_UNCLONEABLE' });
  t.deepEqual(await receiver.receiveMany(), [{ id: 5 }]);
});

test('trySendMany sends values of all kinds as far as there is room', (t) => {
  const values = Array.from({ length: 300 }, (_, id) => (id % 3 === 0 ? id : { id }));
  const { sender, receiver } = channel<unknown>({ capacity: 200 });
  t.is(sender.trySendMany(values), 200);
  t.is(sender.trySendMany(values.slice(200)), 0);
  t.deepEqual(receiver.tryReceive(), { value: 0, done: false });
  t.is(sender.trySendMany(values.slice(200)), 1);
});

test('trySendMany keeps a bound in bytes', (t) => {
  const { sender, receiver } = channel<Buffer>({ capacity: 100, maxBytes: 1000 });
  const values = Array.from({ length: 50 }, () => Buffer.alloc(88));
  t.is(sender.trySendMany(values), 10);
  for (let taken = 0; taken < 4; taken++) receiver.tryReceive();
  t.is(sender.trySendMany(values), 4);
});

test('small values are published many at once, large ones soon', (t) => {
  const { writer, reader } = ringEnds(1000);
  const small = Array.from({ length: 500 }, () => Buffer.alloc(64));
  t.is(writer.writeSome(small, 0), 64);
  t.is(reader.waiting, 64);
  const large = Array.from({ length: 500 }, () => Buffer.alloc(10_000));
  t.is(writer.writeSome(large, 0), 2);
  t.is(reader.waiting, 66);
});

test('bytes are given back while a batch is being taken', (t) => {
  const { writer, reader, parcels } = ringEnds(16);
  const value = Buffer.alloc(8000);
  for (let sent = 0; sent < 8; sent++) writer.write(value, undefined);
  t.is(parcels.length, 0, 'eight fill the ring');
  for (let taken = 0; taken < 4; taken++) t.is(reader.take(), ITEM);
  t.true(writer.write(value, undefined));
  t.is(parcels.length, 0, 'there is room in the ring again');
});
