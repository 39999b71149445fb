/** A fresh process that makes one measurement, so that none disturbs the next. */
import type { MeasurementMessage, MeasurementOrder } from './measurement.ts';
import { measureMemory } from './memory-measurement.ts';
import { measureRun } from './run-measurement.ts';

// Ctrl-C reaches the whole group; the asking process decides and ends this one.
process.on('SIGINT', () => {});
process.once('disconnect', () => process.exit());
process.once('message', async (order: MeasurementOrder) => {
  let answer: MeasurementMessage;
  try {
    answer = await measure(order);
  } catch (error) {
    answer = { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  // Actors that never came must not keep the process alive.
  process.send?.(answer, () => process.exit());
});

async function measure(order: MeasurementOrder): Promise<MeasurementMessage> {
  if (order.measure === 'memory') {
    return { type: 'memory', bytesPerActor: await measureMemory(order) };
  }
  const result = await measureRun(order, (sample) => {
    process.send?.({ type: 'sample', sample } satisfies MeasurementMessage);
  });
  return { type: 'run', result };
}
