// Slots and their generations: a handle can never come to mean another actor.
import test from 'ava';
import { CHUNK_SLOTS } from '../src/shared-memory.ts';
import { SlotTable } from '../src/slot-table.ts';

/** Counts the chunks that are lent. */
function makeTable(): { table: SlotTable; lent: ArrayBuffer[] } {
  const lent: ArrayBuffer[] = [];
  const addChunk = (records: ArrayBuffer): number => lent.push(records) - 1;
  return { table: new SlotTable({ addChunk, setIntervals: () => true }), lent };
}

const callback = (): void => {};

test('a released slot is taken again, under another handle', (t) => {
  const { table } = makeTable();
  const slot = table.take(callback, undefined, 0);
  const first = table.handleOf(slot);
  table.release(slot);
  t.is(table.slotOf(first), -1);
  t.is(table.take(callback, undefined, 0), slot);
  t.not(table.handleOf(slot), first);
  t.is(table.slotOf(first), -1);
});

test('a slot whose generations are used up is retired', (t) => {
  const { table } = makeTable();
  const slot = table.take(callback, undefined, 0);
  // The last generation: seven bits of flags below 25 bits of generation, all set.
  const chunk = table.chunkOf(slot);
  chunk.setMeta(slot, chunk.meta(slot) | (-1 << 7));
  const last = table.handleOf(slot);
  t.is(table.slotOf(last), slot);
  t.true(Number.isSafeInteger(last));
  table.release(slot);
  t.is(table.slotOf(last), -1);
  for (let use = 0; use < 10; use++) t.not(table.take(callback, undefined, 0), slot);
});

test('the generation before the last is not retired', (t) => {
  const { table } = makeTable();
  const slot = table.take(callback, undefined, 0);
  const chunk = table.chunkOf(slot);
  chunk.setMeta(slot, (chunk.meta(slot) | (-1 << 7)) - (1 << 7));
  table.release(slot);
  t.is(table.take(callback, undefined, 0), slot);
});

test('a chunk is lent when the one before is full', (t) => {
  const { table, lent } = makeTable();
  for (let at = 0; at < CHUNK_SLOTS; at++) table.take(callback, undefined, 0);
  t.is(lent.length, 1);
  table.take(callback, undefined, 0);
  t.is(lent.length, 2);
});

test('when no chunk is to be had, arming throws with a code', (t) => {
  const refuse = (): number => {
    throw new Error('no more');
  };
  const table = new SlotTable({ addChunk: refuse, setIntervals: () => true });
  t.throws(() => table.take(callback, undefined, 0), { code: 'BACKBEAT_SLOTS_EXHAUSTED' });
});

test('slotsInUse walks over what is in use', (t) => {
  const { table } = makeTable();
  const slots = [1, 2, 3, 4].map(() => table.take(callback, undefined, 0));
  table.release(slots[1] as number);
  t.deepEqual([...table.slotsInUse()], [slots[0], slots[2], slots[3]]);
});
