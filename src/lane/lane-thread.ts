/**
 * What a native thread runs: takes jobs from the core until it is told to end.
 *
 * Loaded at the start of every thread, so it imports little and waits for nothing that it was not told to
 * wait for. Where a loader runs sources, what programs import on the thread is another copy of the
 * package: what both must know lies at the global object.
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
let teardown: (() => unknown) | undefined;
if (start.loaderHints === undefined && start.initializer === undefined) begin();
else prepare().then(begin).catch(fail);

/** Loaders and the initialiser of the program. */
async function prepare(): Promise<void> {
  if (start.loaderHints !== undefined) {
    const { applyLoaderHints } = await import('./loader-hints.ts');
    await applyLoaderHints(start.loaderHints);
  }
  if (start.initializer !== undefined) {
    const initializer = (await import(start.initializer)) as Initializer;
    await initializer.setup?.();
    teardown = initializer.teardown;
  }
}

function begin(): void {
  const memory = new LaneMemory();
  const runner = new LaneRunner(memory, start, end);
  const { NativeLane } = nativeFrom(start.bindingPath);
  const { home, ticket, reservation } = start;
  const lane = new NativeLane(memory.buffer, runner.turn, home, ticket, reservation);
  runner.begin(lane);
}

/** Ends the thread with the error, whatever the program has asked for unhandled rejections. */
function fail(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

async function end(): Promise<void> {
  try {
    await teardown?.();
  } finally {
    process.exit();
  }
}
