import { channel } from '../channel/channel.ts';
import type { Receiver } from '../channel/receiver.ts';
import type { Sender } from '../channel/sender.ts';
import { BackbeatError, ThreadsClosedError } from '../errors.ts';
import type { CarriedFunction } from '../lane/carried-function.ts';
import { driverFunction } from '../lane/driver-function.ts';
import { checkOptionNames } from '../option-names.ts';
import type { ConsumeStart } from './consume-driver.ts';
import { firstMessage, messageChannel } from './first-message.ts';
import type { ItemOutlet } from './ordered-items.ts';
import type { ThreadPool } from './thread-pool.ts';

/** Where a consumerator is in its life. */
export type ConsumeratorState = 'init' | 'started' | 'running' | 'stopping' | 'stopped';

/** Something that writes into a consumer and can be held up. */
export interface Producer {
  /** Called when as many items wait as there is room for. */
  pauseProducing(): void;
  /** Called when there is room again. */
  resumeProducing(): void;
  /** Ends the producing; for its owner to call, the consumerator does not. */
  stopProducing(): void;
}

/** Options of a consumerator. */
export interface ConsumeratorOptions {
  /** Items that wait for the consumer before `write` holds the writer up. Default 1024. */
  readonly capacity?: number | undefined;
}

/** Who is told what becomes of the items. @internal */
export interface ConsumeListener {
  /** There was room for items that had found none. */
  onRoom(): void;
  /** The consumer has ended, before anybody else knows. */
  onEnd(): void;
}

/** The function of a consumer under way. */
export interface Consumption {
  /** When the function was called on its thread. */
  readonly started: Promise<void>;
  /** What it returned. */
  readonly result: Promise<unknown>;
}

const OPTION_NAMES: ReadonlySet<string> = new Set(['capacity']);
const DEFAULT_CAPACITY = 1024;
const WRITTEN: Promise<void> = Promise.resolve();

/**
 * Iterations for one consumer, of what is written from here: for a function on a thread, where the
 * iteration blocks, or for `for await` on this event loop.
 *
 * A producer that is registered is paused while `capacity` items wait, and resumed when there is room.
 *
 * @example
 * ```ts
 * import { Consumerator } from 'backbeat';
 * const consumerator = new Consumerator<number>();
 * void consumerator.write(1);
 * void consumerator.write(2);
 * void consumerator.stop();
 * for await (const item of consumerator) console.log(item); // 1, then 2
 * ```
 */
export class Consumerator<T = unknown> implements AsyncIterable<T> {
  readonly #sender: Sender<T>;
  readonly #receiver: Receiver<T>;
  #producer: Producer | undefined;
  #state: ConsumeratorState = 'init';
  /** Items that were written and found no room yet. */
  #held = 0;
  #isPausing = false;
  #onDone: (() => void)[] = [];
  #listener: ConsumeListener | undefined;

  /** @param producer - Registered at once, as by `registerProducer`. */
  constructor(producer?: Producer, options: ConsumeratorOptions = {}) {
    checkOptionNames(options, OPTION_NAMES);
    const { capacity = DEFAULT_CAPACITY } = options;
    const { sender, receiver } = channel<T>({ capacity, name: 'consumerator' });
    this.#sender = sender;
    this.#receiver = receiver;
    if (producer !== undefined) this.registerProducer(producer);
  }

  /**
   * `init` without a producer, `started` until the first item, `running`, `stopping` after `stop`,
   * `stopped` when the consumer has ended.
   */
  get runState(): ConsumeratorState {
    return this.#state;
  }

  /** Items that were written and not taken by the consumer. */
  get waiting(): number {
    return this.#held + (this.#sender.isClosed ? 0 : this.#sender.waiting);
  }

  /** Items that found no room yet. */
  get held(): number {
    return this.#held;
  }

  /**
   * Hands an item to the consumer, a copy of it.
   *
   * @returns When there was room for it. Resolves at once when the consumer has ended.
   * @throws UncloneableError `BACKBEAT_UNCLONEABLE` when it cannot go to a thread.
   */
  write(item: T): Promise<void> {
    return this.#put(item) ?? WRITTEN;
  }

  /**
   * Lets a producer be paused and resumed.
   *
   * @throws ThreadsClosedError `BACKBEAT_THREADS_CLOSED` when one is registered already.
   */
  registerProducer(producer: Producer): void {
    if (this.#producer !== undefined) {
      throw new ThreadsClosedError('a producer is registered', 'unregisterProducer() first');
    }
    this.#producer = producer;
    if (this.#state === 'init') this.#state = 'started';
  }

  /** Forgets the producer and stops. Settles when the consumer has ended. */
  unregisterProducer(): Promise<void> {
    if (this.#producer === undefined) return Promise.resolve();
    this.#producer = undefined;
    return this.stop();
  }

  /** The iteration ends behind the last item. Settles when the consumer has ended. */
  stop(): Promise<void> {
    if (this.#state !== 'stopped') this.#state = 'stopping';
    this.#sender.close();
    return this.deferUntilDone();
  }

  /** Settles when the consumer has ended. */
  deferUntilDone(): Promise<void> {
    if (this.#state === 'stopped') return Promise.resolve();
    return new Promise((resolve) => this.#onDone.push(resolve));
  }

  /** Items in order, on this event loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined, undefined> {
    try {
      for await (const item of this.#receiver) yield item;
    } finally {
      this.#end();
    }
    return undefined;
  }

  /** @internal For items of an ordered producer: as `write`, and several with one wake-up. */
  get outlet(): ItemOutlet<T> {
    const held = (): number => this.#held;
    return {
      isDearToWake: true,
      get held(): number {
        return held();
      },
      put: (item) => this.#put(item),
      putMany: (items) => this.#putMany(items),
      end: () => void this.stop(),
    };
  }

  /** @internal Runs a function on a thread of the pool that iterates over the items. */
  consumeOn(
    pool: ThreadPool,
    func: CarriedFunction,
    args: readonly unknown[],
    listener: ConsumeListener,
  ): Consumption {
    this.#listener = listener;
    const { port1, port2: startedPort } = messageChannel();
    const handle = this.#receiver.handle();
    const start: ConsumeStart = {
      handle,
      definition: func.definition,
      args,
      started: startedPort,
    };
    const result = pool.run(
      driverFunction('consume-driver', 'consume'),
      [start],
      [handle.port, startedPort],
    );
    const ended = result.finally(() => this.#end());
    return { started: firstMessage(port1, ended), result: ended };
  }

  #put(item: T): Promise<void> | undefined {
    if (this.#state === 'stopping' || this.#state === 'stopped') return undefined;
    this.#state = 'running';
    try {
      if (this.#sender.trySend(item)) return undefined;
    } catch (error) {
      if (!isConsumerGone(error)) throw error;
      return undefined;
    }
    return this.#hold(item);
  }

  #putMany(items: readonly T[]): number {
    if (this.#state === 'stopping' || this.#state === 'stopped') return items.length;
    this.#state = 'running';
    if (this.#held > 0) return 0;
    try {
      return this.#sender.trySendMany(items);
    } catch {
      // `put` has its say of the next one.
      return 0;
    }
  }

  #hold(item: T): Promise<void> {
    this.#held++;
    if (!this.#isPausing) {
      this.#isPausing = true;
      this.#producer?.pauseProducing();
    }
    return this.#sender.send(item).then(
      () => this.#letGo(),
      (error) => {
        this.#letGo();
        if (!isConsumerGone(error)) throw error;
      },
    );
  }

  #letGo(): void {
    this.#held--;
    this.#listener?.onRoom();
    if (this.#held > 0 || !this.#isPausing) return;
    this.#isPausing = false;
    this.#producer?.resumeProducing();
  }

  #end(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#sender.close();
    this.#listener?.onEnd();
    for (const tell of this.#onDone.splice(0)) tell();
  }
}

/** The consumer wants no more, or its thread is gone: its own end tells why. */
function isConsumerGone(error: unknown): boolean {
  const code = error instanceof BackbeatError ? error.code : '';
  return code === 'BACKBEAT_CHANNEL_CLOSED' || code === 'BACKBEAT_CHANNEL_RECEIVER_LOST';
}
