/**
 * This isolate's place among the channels of the process: opens ends natively, so that the end of
 * this isolate is told to the other ends, and wakes the ends that wait in the event loop.
 */
import { withoutContext } from '../async-context.ts';
import { type ChannelEnd, type NativeChannelHub, native } from '../native.ts';
import { type ChannelMemory, checkChannelLayout } from './channel-memory.ts';

/** An end that waits in the event loop. */
export interface WaitingEnd {
  /** The other end has changed something. */
  onWake(): void;
}

const READY_KEYS = 64;

/** See the head of the file. */
export class ChannelHub {
  readonly id: number;
  /** How often this isolate was woken for its channels. */
  wakeUps = 0;
  readonly #native: NativeChannelHub;
  /** Ends that wait, by key. Only these are held: an end that nobody else holds is lost. */
  readonly #waiting = new Map<number, WaitingEnd>();
  readonly #ready = new Uint32Array(READY_KEYS);
  readonly #wakeNatively: (hub: number, key: number) => void;

  constructor() {
    const binding = native();
    checkChannelLayout(binding);
    this.#wakeNatively = binding.wakeChannelEnd;
    const dispatch = () => this.#dispatch();
    this.#native = withoutContext(() => new binding.NativeChannelHub(dispatch));
    this.id = this.#native.id;
  }

  /** Takes an end of a channel for this isolate. */
  openEnd(memory: ChannelMemory, isSender: boolean): ChannelEnd {
    return this.#native.openEnd(memory.words, isSender);
  }

  /** Ends of channels that this isolate holds. */
  get endCount(): number {
    return this.#native.endCount;
  }

  /** Lets an end wait. While one does, the process stays alive. */
  wait(key: number, end: WaitingEnd): void {
    if (this.#waiting.size === 0) this.#native.setRef(true);
    this.#waiting.set(key, end);
  }

  /** The end waits no longer. */
  stopWaiting(key: number): void {
    if (this.#waiting.delete(key) && this.#waiting.size === 0) this.#native.setRef(false);
  }

  /** Wakes an end of this or another isolate. */
  wake(hub: number, key: number): void {
    if (hub !== this.id) this.#wakeNatively(hub, key);
    else queueMicrotask(() => this.#waiting.get(key)?.onWake());
  }

  #dispatch(): void {
    this.wakeUps++;
    let count: number;
    do {
      count = this.#native.takeReady(this.#ready);
      for (let index = 0; index < count; index++) {
        this.#waiting.get(this.#ready[index]!)?.onWake();
      }
    } while (count === READY_KEYS);
  }
}

let hub: ChannelHub | undefined;

/** The hub of this isolate, opened with its first channel. */
export function channelHub(): ChannelHub {
  hub ??= new ChannelHub();
  return hub;
}
