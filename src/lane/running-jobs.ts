/** The jobs that a native thread is running, and their signals. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Frame, LaneMemory } from './lane-memory.ts';
import { LANE_KEY, type LaneView } from './lane-view.ts';

type AbortReader = (into: (origin: number, slot: number, sequence: number) => void) => void;

/** See the head of the file. */
export class RunningJobs implements LaneView {
  /** The job from the batch that runs, on the stack or waited for: there is one at a time. */
  current: Frame | undefined = undefined;
  /** The job that came by port and is on the stack. */
  #parcel: Frame | undefined = undefined;
  readonly #readAborts: AbortReader;
  /** Those that were not over when their function returned. */
  readonly #waiting = new Set<Frame>();
  readonly #controllers = new Map<string, AbortController>();
  /** Stopped before they were started. */
  readonly #stopped = new Set<string>();
  #scope: AsyncLocalStorage<Frame> | undefined;
  #memory: LaneMemory | undefined;

  constructor(readAborts: AbortReader) {
    this.#readAborts = readAborts;
    Object.defineProperty(globalThis, LANE_KEY, { value: this, configurable: true });
  }

  /** Jobs that are waited for. */
  get count(): number {
    return this.#waiting.size;
  }

  add(frame: Frame): void {
    this.#waiting.add(frame);
    if (this.current !== undefined && keyOf(this.current) === keyOf(frame)) this.current = frame;
  }

  /** A job that was waited for is over. False when it was removed before. */
  remove(frame: Frame): boolean {
    if (this.current === frame) this.current = undefined;
    this.#dropSignal(frame);
    return this.#waiting.delete(frame);
  }

  /** A job was over when its function returned. */
  endAtOnce(frame: Frame): void {
    if (this.current === frame) this.current = undefined;
    this.#dropSignal(frame);
  }

  /** All that are running, the one on the stack included; they are no longer waited for. */
  takeAll(): Frame[] {
    const frames = [...this.#waiting];
    this.#waiting.clear();
    return frames;
  }

  /** Runs a job that came by port: it may run beside one from the batch. */
  within(frame: Frame, action: () => void): void {
    this.#scope ??= new AsyncLocalStorage();
    this.#parcel = frame;
    this.#scope.run(frame, action);
    this.#parcel = undefined;
  }

  /** Aborts the signals of jobs that were stopped. */
  heedAborts(memory: LaneMemory): void {
    this.#memory = memory;
    if (!memory.hasAborts) return;
    this.#readAborts((origin, slot, sequence) => {
      const key = `${origin}.${slot}.${sequence}`;
      if (this.#isRunning(key)) this.#controllerOf(key).abort();
      else this.#stopped.add(key);
    });
  }

  /** True, once, when the job was stopped before it was started. */
  wasAborted(frame: Frame): boolean {
    return this.#stopped.size > 0 && this.#stopped.delete(keyOf(frame));
  }

  jobSignal(): AbortSignal | undefined {
    const frame = this.#scope?.getStore() ?? this.current;
    // What a job leaves behind, as a timer, may ask when the job is over.
    if (frame === undefined) return undefined;
    if (frame !== this.current && !this.#isRunning(keyOf(frame))) return undefined;
    // Code that never returns to the loop learns of a stop by asking again.
    if (this.#memory !== undefined) this.heedAborts(this.#memory);
    return this.#controllerOf(keyOf(frame)).signal;
  }

  #isRunning(key: string): boolean {
    for (const frame of [this.current, this.#parcel]) {
      if (frame !== undefined && keyOf(frame) === key) return true;
    }
    for (const frame of this.#waiting) if (keyOf(frame) === key) return true;
    return false;
  }

  #dropSignal(frame: Frame): void {
    if (this.#controllers.size > 0) this.#controllers.delete(keyOf(frame));
  }

  #controllerOf(key: string): AbortController {
    let controller = this.#controllers.get(key);
    if (controller === undefined) {
      controller = new AbortController();
      this.#controllers.set(key, controller);
    }
    return controller;
  }
}

function keyOf({ origin, slot, sequence }: Frame): string {
  return `${origin}.${slot}.${sequence}`;
}
