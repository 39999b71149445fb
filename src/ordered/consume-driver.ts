/** What the thread of a consumer runs: the blocking function, with the items that come to it. */
import type { MessagePort } from 'node:worker_threads';
import { openReceiver } from '../channel/channel.ts';
import type { EndHandle } from '../channel/end-link.ts';
import { revive } from '../lane/revive-function.ts';
import { BlockingItems } from './blocking-items.ts';

/** What the thread is told. */
export interface ConsumeStart {
  readonly handle: EndHandle;
  readonly definition: unknown;
  readonly args: readonly unknown[];
  /** Told when the function is about to be called. */
  readonly started: MessagePort;
}

/** Runs the function; returns what it returns. */
export async function consume(start: ConsumeStart): Promise<unknown> {
  const { handle, definition, args, started } = start;
  const receiver = openReceiver(handle);
  try {
    const func = await revive(definition);
    started.postMessage(true);
    started.close();
    return await func(new BlockingItems(receiver), ...args);
  } finally {
    receiver.close();
  }
}
