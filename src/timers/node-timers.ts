/**
 * Node's own timers, as they are when this module is loaded.
 *
 * What is not ours to do better goes to them: immediates, timers that Node made, and the errors and
 * warnings for bad arguments, which then are those of the Node that runs.
 */
import timers from 'node:timers';
import promises from 'node:timers/promises';

// Copies, because `backbeat/register` and fake timers write into the module objects.
export const nodeTimers: Readonly<typeof timers> = { ...timers };
export const nodePromises: Readonly<typeof promises> = { ...promises };
