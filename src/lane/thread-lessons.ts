/**
 * What the threads of this isolate must know besides what the core keeps for them: functions and data
 * of timed workers that hold shared memory, which only a message port can carry. Sent to every own
 * thread before the first run can begin, and to every new one at its start.
 */
import type { CarriedFunction } from './carried-function.ts';
import type { LaneThread, LaneThreads } from './lane-threads.ts';
import { refuse } from './value-codec.ts';

/** A message that is no job. */
export interface Lesson {
  readonly about: 'definition' | 'data';
  /** Number of the definition, or id of the worker. */
  readonly number: number;
  /** Undefined: forget it. */
  readonly content: unknown;
}

/** See the head of the file. */
export class ThreadLessons {
  readonly #threads: LaneThreads;
  readonly #definitions = new Map<number, { readonly lesson: Lesson; users: number }>();
  readonly #data = new Map<number, Lesson>();

  constructor(threads: LaneThreads) {
    this.#threads = threads;
    threads.onStart = (thread) => this.#greet(thread);
  }

  /** One more worker needs this function. */
  useDefinition(number: number, task: CarriedFunction): void {
    const known = this.#definitions.get(number);
    if (known !== undefined) {
      known.users++;
      return;
    }
    const lesson: Lesson = { about: 'definition', number, content: task.definition };
    this.#definitions.set(number, { lesson, users: 1 });
    this.#teach(lesson);
  }

  /** One worker less needs it. */
  leaveDefinition(number: number): void {
    const known = this.#definitions.get(number);
    if (known === undefined || --known.users > 0) return;
    this.#definitions.delete(number);
    this.#teach({ ...known.lesson, content: undefined });
  }

  /**
   * What the next runs of a worker are called with.
   *
   * @throws UncloneableError `BACKBEAT_UNCLONEABLE` for what several threads cannot have.
   */
  setData(workerId: number, values: readonly unknown[]): void {
    let content: unknown;
    try {
      content = structuredClone(values);
    } catch (error) {
      throw refuse(values, 'data', error);
    }
    const lesson: Lesson = { about: 'data', number: workerId, content };
    this.#data.set(workerId, lesson);
    this.#teach(lesson);
  }

  /** A worker is finished. */
  forgetData(workerId: number): void {
    if (!this.#data.delete(workerId)) return;
    this.#teach({ about: 'data', number: workerId, content: undefined });
  }

  #teach(lesson: Lesson): void {
    for (const { port } of this.#threads.all()) port.postMessage(lesson);
  }

  #greet({ port }: LaneThread): void {
    for (const { lesson } of this.#definitions.values()) port.postMessage(lesson);
    for (const lesson of this.#data.values()) port.postMessage(lesson);
  }
}
