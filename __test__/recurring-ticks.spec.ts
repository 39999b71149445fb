// The order in which the end of a tick is told and the clock is read, on a processor where an atomic
// store is no full barrier: the core must see the end before any instant that is read behind it.
import test from 'ava';
import type { SlotTable } from '../src/slot-table.ts';
import type { TimerHost } from '../src/timer-host.ts';

// Before the module is loaded, which asks once. Each file of tests is a process of its own.
Object.defineProperty(process, 'arch', { value: 'arm64' });
const { RecurringTicks } = await import('../src/recurring-ticks.ts');

/** Notes what happens, in order, while `work` runs. */
function stepsOf(work: (note: (step: string) => void) => void): string[] {
  const steps: string[] = [];
  const { load, store } = Atomics;
  Atomics.load = ((...args: Parameters<typeof load>) => {
    steps.push('atomic load');
    return load(...args);
  }) as typeof load;
  Atomics.store = ((...args: Parameters<typeof store>) => {
    steps.push('atomic store');
    return store(...args);
  }) as typeof store;
  try {
    work((step) => steps.push(step));
  } finally {
    Object.assign(Atomics, { load, store });
  }
  return steps;
}

test('an atomic load stands between the end of a tick and the clock', (t) => {
  const steps = stepsOf((note) => {
    const chunk = {
      deadlineNs: () => 0,
      intervalNs: () => 100,
      token: () => 1,
      setDeadlineNs: () => note('deadline'),
      flipParity: () => note('end'),
    };
    const host = {
      mayCollect: true,
      nowNs: () => {
        note('clock');
        return 50;
      },
    };
    const table = { chunkOf: () => chunk } as unknown as SlotTable;
    const requeuer = { requeue: () => note('command') };
    const ticks = new RecurringTicks(table, host as unknown as TimerHost, requeuer);
    ticks.end(7);
    ticks.settle();
  });
  t.deepEqual(steps, ['deadline', 'end', 'atomic store', 'atomic load', 'clock']);
});
