import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MeasurementOrder } from './measurement.ts';
import { isRecurring } from './plan.ts';
import { createTimers } from './timers.ts';

/** Fewer actors weigh less than the noise of a heap. */
const LEAST_ACTORS = 100_000;
/** Late enough that nothing runs while it is weighed. */
const DELAY_MS = 3_600_000;
const SETTLING_ROUNDS = 3;

/**
 * Arms the actors of a plan, all pending at once, and tells what each adds to the resident memory
 * of the process: JavaScript objects, buffers and native memory alike. Garbage is collected before
 * both readings.
 */
export async function measureMemory(order: MeasurementOrder): Promise<number> {
  const timers = await createTimers(order.timers, () => false);
  const actors = Math.max(order.plan.actors, LEAST_ACTORS);
  // The first timer brings up what there is once in a process, whatever their number.
  timers.once(0, DELAY_MS);
  const before = await residentBytes();
  for (let actor = 0; actor < actors; actor += 1) {
    if (isRecurring(actor, order.plan.recurring)) timers.every(actor, DELAY_MS);
    else timers.once(actor, DELAY_MS);
  }
  const after = await residentBytes();
  return Math.max(0, Math.round((after - before) / actors));
}

async function residentBytes(): Promise<number> {
  const collectGarbage = exposedCollector();
  for (let round = 0; round < SETTLING_ROUNDS; round += 1) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return process.memoryUsage.rss();
}

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
