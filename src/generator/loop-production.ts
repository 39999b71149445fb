/**
 * Items of an iterable that lives in this isolate and cannot go to a thread: it is read ahead by the
 * event loop, one item per turn of it, or by the reader itself where that blocks the thread.
 */

import { setImmediateAtLoad } from '../host-at-load.ts';
import { isThenable } from '../thenable.ts';
import { AsyncIterableError } from './generator-errors.ts';
import { ItemQueue } from './item-queue.ts';
import { DONE, type ItemSource } from './item-source.ts';
import { type ItemSteps, openSteps } from './item-steps.ts';

type Step<T> = IteratorResult<T, undefined>;

/** See the head of the file. */
export class LoopProduction<T> implements ItemSource<T> {
  failure: { readonly error: unknown } | undefined;
  readonly #iterable: unknown;
  /** Items that wait; the one that has no place is the last of them. */
  readonly #items = new ItemQueue<T>();
  readonly #readers: (() => void)[] = [];
  #ahead: number;
  #steps: ItemSteps | undefined;
  #pumping: Promise<void> | undefined;
  /** A step of the source is being waited for. */
  #isStepping = false;
  #isStopping = false;
  #isOver = false;
  #onRoom: (() => void) | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** Those who wait for the end. */
  #holders = 0;

  /** @param ahead - Items that wait at most; zero or less is no limit. */
  constructor(iterable: unknown, ahead: number) {
    this.#iterable = iterable;
    this.#ahead = ahead;
  }

  takeNow(): Step<T> | undefined {
    if (this.#items.size === 0) return undefined;
    const value = this.#items.shift();
    this.#tellRoom();
    return { value, done: false };
  }

  async take(): Promise<Step<T>> {
    this.begin();
    for (;;) {
      const step = this.takeNow();
      if (step !== undefined) return step;
      if (this.#isOver) return this.#finish();
      await new Promise<void>((resolve) => {
        this.#readers.push(resolve);
        this.#turn?.ref();
      });
    }
  }

  takeSync(): Step<T> {
    const step = this.takeNow();
    if (step !== undefined) return step;
    if (!this.#isOver) this.#stepHere();
    return this.takeNow() ?? this.#finish();
  }

  leave(): void {
    this.#isStopping = true;
    while (this.#items.size > 0) this.#items.shift();
    if (!this.#isOver) {
      // The source may be waiting for something that never comes, until it is closed.
      if (this.#isStepping || this.#pumping === undefined) this.#closeNow();
      this.#tellRoom();
    }
  }

  requestStop(): void {
    this.#isStopping = true;
    if (this.#pumping === undefined && !this.#isOver) this.#closeNow();
    this.#onRoom?.();
  }

  drain(): Promise<void> {
    this.#ahead = 0;
    this.begin();
    this.#onRoom?.();
    return this.whenOver();
  }

  drainSync(): void {
    while (!this.#isOver) this.#stepHere();
  }

  async whenOver(): Promise<void> {
    this.#holders++;
    this.#turn?.ref();
    try {
      await this.#pumping;
    } finally {
      this.#holders--;
    }
  }

  isAlive(): boolean {
    return !this.#isOver;
  }

  /** Begins to read ahead. */
  begin(): void {
    if (this.#isOver) return;
    this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    try {
      this.#steps ??= openSteps(this.#iterable);
      while (!this.#isStopping) {
        const isQuick = await this.#stepLater(this.#steps);
        if (this.#isOver) return;
        if (this.#hasNoRoom()) await this.#room();
        else if (isQuick) await this.#loopTurn();
      }
      if (!this.#isOver) await this.#steps.close();
    } catch (error) {
      this.failure ??= { error };
    } finally {
      this.#end();
    }
  }

  /** Makes one item. True when there was nothing to wait for. */
  async #stepLater(steps: ItemSteps): Promise<boolean> {
    this.#isStepping = true;
    try {
      let step = steps.next();
      const isQuick = !isThenable(step);
      if (isThenable(step)) step = await step;
      if (step.done === true) {
        this.#end();
        return isQuick;
      }
      const value = isThenable(step.value) ? await step.value : step.value;
      if (!this.#isOver) this.#items.push(value as T);
      this.#readers.shift()?.();
      return isQuick;
    } finally {
      this.#isStepping = false;
    }
  }

  /** Makes one item for a reader that does not go back to the event loop. */
  #stepHere(): void {
    if (this.#isStepping) throw new AsyncIterableError();
    try {
      this.#steps ??= openSteps(this.#iterable);
      const step = this.#steps.next();
      if (isThenable(step)) throw this.#refuse();
      if (step.done === true) this.#end();
      else if (isThenable(step.value)) throw this.#refuse();
      else this.#items.push(step.value as T);
    } catch (error) {
      this.failure = { error };
      this.#end();
    }
  }

  #refuse(): AsyncIterableError {
    this.#closeNow();
    return new AsyncIterableError();
  }

  /** Closes the source and does not wait for it. */
  #closeNow(): void {
    this.#isOver = true;
    try {
      const closed = this.#steps?.close();
      if (isThenable(closed)) {
        Promise.resolve(closed).catch((error) => {
          this.failure ??= { error };
        });
      }
    } catch (error) {
      this.failure ??= { error };
    }
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    for (const resolve of this.#readers.splice(0)) resolve();
  }

  #hasNoRoom(): boolean {
    return this.#ahead > 0 && this.#items.size > this.#ahead && !this.#isStopping;
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  #tellRoom(): void {
    if (!this.#hasNoRoom()) this.#onRoom?.();
  }

  /** Does not hold the process, unless somebody waits for an item. */
  async #loopTurn(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#turn = setImmediateAtLoad(resolve);
      if (this.#readers.length === 0 && this.#holders === 0) this.#turn.unref();
    });
    this.#turn = undefined;
  }

  #finish(): Step<T> {
    if (this.failure !== undefined) throw this.failure.error;
    return DONE;
  }
}
