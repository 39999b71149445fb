/** What the runs of a worker on native threads are called with, and how it gets there. */
import type { BackgroundWorker } from './background-worker.ts';
import { type LaneClient, laneClient } from './lane/lane-client.ts';
import {
  type CodecMemory,
  codecMemory,
  encodeOwn,
  encodeValue,
  NEEDS_PORT,
} from './lane/value-codec.ts';
import type { ThreadPlace } from './thread-place.ts';

/** Most arguments fit into this, and need no memory of their own to be encoded in. */
const SCRATCH_BYTES = 4096;
const SCRATCH: CodecMemory = codecMemory(new ArrayBuffer(SCRATCH_BYTES));

/**
 * Encodes what the next runs are called with. What only a message port can carry is sent to the threads
 * of this isolate.
 *
 * @throws UncloneableError `BACKBEAT_UNCLONEABLE` when something cannot go to a thread.
 */
export function encodeArguments<D>(
  worker: BackgroundWorker<D>,
  place: ThreadPlace,
  data: D,
  args: readonly unknown[],
): Uint8Array {
  const values = [worker.name, worker.id, data, ...args];
  const bytes = encodeNamed(values, data, args);
  if (bytes !== NEEDS_PORT) return bytes;
  laneClient().lessons.setData(worker.id, values);
  place.hasSharedData = true;
  return encodeOwn(worker.id, 'data') as Uint8Array;
}

/** What cannot be cloned is named by where the program has it. */
function encodeNamed(
  values: readonly unknown[],
  data: unknown,
  args: readonly unknown[],
): Uint8Array | typeof NEEDS_PORT {
  try {
    const used = encodeValue(SCRATCH, 0, SCRATCH_BYTES, values, 'data');
    return used > 0 ? Buffer.from(SCRATCH.bytes.subarray(0, used)) : encodeOwn(values, 'data');
  } catch (error) {
    encodeOwn(data, 'data');
    encodeOwn(args, 'args');
    throw error;
  }
}

function leaveDefinition(client: LaneClient, place: ThreadPlace): void {
  if (place.sharedDefinition !== undefined) client.lessons.leaveDefinition(place.sharedDefinition);
  place.sharedDefinition = undefined;
}

/** Only threads of this isolate were told what a message port must carry. */
export function staysHome(place: ThreadPlace): boolean {
  return place.hasSharedData || place.task.sharesMemory;
}

/** The worker's function holds shared memory: the threads of this isolate are told of it. */
export function useDefinition(client: LaneClient, place: ThreadPlace, definition: number): void {
  leaveDefinition(client, place);
  if (!place.task.sharesMemory) return;
  client.lessons.useDefinition(definition, place.task);
  place.sharedDefinition = definition;
}

/** The worker is finished: the threads need not know its function and data any more. */
export function forgetLessons(client: LaneClient, place: ThreadPlace, workerId: number): void {
  leaveDefinition(client, place);
  if (place.hasSharedData) client.lessons.forgetData(workerId);
  place.hasSharedData = false;
}
