// Compiled, never run: see types.spec.ts.
import {
  type Channel,
  channel,
  type EndHandle,
  lines,
  type NativeReceiver,
  openReceiver,
  openSender,
  type Receiver,
  type Sender,
  SourceError,
  type WalkEntry,
  walk,
} from 'backbeat';

interface Packet {
  readonly id: number;
}

const both: Channel<Packet> = channel<Packet>({ capacity: 4, name: 'packets' });
const { sender, receiver }: { sender: Sender<Packet>; receiver: Receiver<Packet> } = both;
const sent: Promise<void> = sender.send({ id: 1 });
const wasSent: boolean = sender.trySend({ id: 1 });
const many: number = sender.trySendMany([{ id: 1 }]);
sender.sendSync({ id: 1 }, { timeoutMs: 5 });
const handle: EndHandle = sender.handle();
const reopened: Sender<Packet> = openSender<Packet>(handle);
using other: Receiver<Packet> = openReceiver<Packet>(receiver.handle());
for await (const { id } of receiver) id.toFixed();
for (const { id } of receiver.sync()) id.toFixed();
const next: IteratorResult<Packet, undefined> = receiver.receiveSync();
const received: Packet[] = await receiver.receiveMany(5);
const unknownItems: Receiver<unknown> = channel().receiver;
sender.close(new Error('over'));

// With `stats` entries are objects, otherwise paths.
const paths: NativeReceiver<string> = walk('.', { pattern: ['*.ts'], sorted: true });
const entries: NativeReceiver<WalkEntry> = walk(new URL('.', import.meta.url), { stats: true });
for await (const { kind, size } of entries) if (kind === 'file') size.toFixed();
const text: NativeReceiver<string> = lines('log', { ahead: 5 });
walk('.', { onError: (error: SourceError) => error.code });

// @ts-expect-error the items are packets
sender.send('text');
// @ts-expect-error a receiver sends nothing
receiver.send({ id: 1 });
// @ts-expect-error a capacity is a number
channel({ capacity: '16' });
// @ts-expect-error unknown option
channel({ bound: 16 });
// @ts-expect-error an end is opened by its handle
openSender(sender);
const [entry] = await entries.receiveMany();
// @ts-expect-error no such kind
entry?.kind === 'socket';
const [path] = await paths.receiveMany();
// @ts-expect-error entries are paths without stats
path?.size;
// @ts-expect-error a single result is not iterated
for await (const item of receiver.receiveSync()) console.log(item);

export const used: unknown[] = [
  sent,
  wasSent,
  many,
  reopened,
  other,
  next,
  received,
  unknownItems,
  paths,
  text,
  SourceError,
];
