/**
 * What a native thread runs: takes jobs from the core until it is told to end.
 *
 * Loaded at the start of every thread, so it imports little.
 */
import { workerData } from 'node:worker_threads';
import { nativeFrom } from '../native.ts';
import { LaneMemory } from './lane-memory.ts';
import { LaneRunner } from './lane-runner.ts';
import type { LaneStart } from './lane-threads.ts';

interface Initializer {
  readonly setup?: () => unknown;
  readonly teardown?: () => unknown;
}

const start = workerData as LaneStart;
if (start.loaderHints !== undefined) {
  const { applyLoaderHints } = await import('./loader-hints.ts');
  await applyLoaderHints(start.loaderHints);
}
let teardown: (() => unknown) | undefined;
if (start.initializer !== undefined) {
  const initializer = (await import(start.initializer)) as Initializer;
  await initializer.setup?.();
  teardown = initializer.teardown;
}
const memory = new LaneMemory();
const runner = new LaneRunner(memory, start, end);
const { NativeLane } = nativeFrom(start.bindingPath);
const { home, ticket, reservation } = start;
const lane = new NativeLane(memory.buffer, runner.turn, home, ticket, reservation);
runner.begin(lane);

async function end(): Promise<void> {
  try {
    await teardown?.();
  } finally {
    process.exit();
  }
}
