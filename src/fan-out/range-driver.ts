/**
 * What the threads of a fan-out run: job after job of a {@link JobRange}, until nothing is left for
 * them. Their results go to the caller by message port.
 */
import { performance } from 'node:perf_hooks';
import type { MessagePort } from 'node:worker_threads';
import { revive } from '../lane/revive-function.ts';
import type { LogLevel } from '../pool-log.ts';
import { isThenable } from '../thenable.ts';
import { JobRange } from './job-range.ts';
import { type RangeMessage, RangeReport } from './range-report.ts';
import { threadLogger } from './thread-logger.ts';

/** What happens when a job fails. */
export type OnFailure =
  /** The rest goes on. */
  | 'go-on'
  /** No other job is started. */
  | 'stop'
  /** No job with a higher id is started. */
  | 'stop-above';

/** What a thread needs to know of a fan-out. */
export interface RangeSetup {
  /** Names the fan-out in the process. */
  readonly key: string;
  readonly buffer: SharedArrayBuffer;
  /** Which line of the range is this thread's. */
  readonly thread: number;
  readonly port: MessagePort;
  /** Number of the function's definition, and the definition itself. */
  readonly definitionNumber: number;
  readonly definition: unknown;
  readonly args: readonly unknown[];
  readonly passLogger: boolean;
  readonly onFailure: OnFailure;
  /** How long results may be gathered before they are sent: each message wakes the caller. */
  readonly gatherMs: number;
}

type JobFunction = (...values: unknown[]) => unknown;

/** Blocks of ids are made about as long as this: claiming and reporting one must cost little. */
const BLOCK_MS = 1;
const LARGEST_BLOCK = 1 << 16;
/** A block grows by this at most, as the first jobs may be the quick ones. */
const GROWTH = 4;
/**
 * How long jobs that do not wait for anything may run before timers and sockets get a turn. Between
 * long jobs, when caches are cold, a turn takes 0.1 to 0.2 ms.
 */
const TURN_MS = 50;
const MOST_FUNCTIONS = 64;

// Taken at load: fake timers of a job must not stop us.
const readClock = performance.now.bind(performance);
const setImmediateAtLoad = setImmediate;

const sessions = new Map<string, RangeSession>();
const functions = new Map<number, JobFunction>();

// A job that ends its thread takes only its own result along. Before the lane tells of the end.
process.prependListener('exit', () => {
  for (const session of sessions.values()) session.flush();
});

/** Opens a fan-out on this thread and works on it. True when it is over. */
export async function begin(setup: RangeSetup): Promise<boolean> {
  const { definitionNumber, definition } = setup;
  let func = functions.get(definitionNumber);
  if (func === undefined) {
    func = (await revive(definition)) as JobFunction;
    functions.set(definitionNumber, func);
    if (functions.size > MOST_FUNCTIONS) functions.delete([...functions.keys()][0] as number);
  }
  sessions.set(setup.key, new RangeSession(setup, func));
  return resume(setup.key);
}

/** Works on after more ids may be claimed. True when the fan-out is over. */
export async function resume(key: string): Promise<boolean> {
  const isOver = (await sessions.get(key)?.work()) ?? true;
  if (isOver) sessions.delete(key);
  return isOver;
}

/** The fan-out is over, before all of its ids were claimed. */
export function end(key: string): void {
  sessions.delete(key);
}

/** A fan-out as one of its threads sees it. */
class RangeSession {
  readonly #setup: RangeSetup;
  readonly #range: JobRange;
  readonly #report: RangeReport;
  readonly #call: (id: number) => unknown;
  #blockSize = 1;
  /** Whether the present block had any jobs. */
  #hasRun = false;

  constructor(setup: RangeSetup, func: JobFunction) {
    this.#setup = setup;
    this.#range = new JobRange(setup.buffer);
    this.#report = new RangeReport(setup.port, (lastId) => {
      this.#range.noteSent(setup.thread, lastId);
    });
    const { args, passLogger } = setup;
    const rest = passLogger ? [...args, threadLogger((...entry) => this.#log(...entry))] : args;
    this.#call = rest.length === 0 ? func : (id) => func(id, ...rest);
    setup.port.unref();
  }

  /** Sends the results that were gathered. */
  flush(): void {
    this.#report.send();
  }

  /** Ends when nothing can be claimed now. True when nothing ever can. */
  async work(): Promise<boolean> {
    const { thread } = this.#setup;
    const range = this.#range;
    let startedMs = readClock();
    let turnedAtMs = startedMs;
    let sentAtMs = startedMs;
    // A thread that took the place of a lost one has a block to begin with.
    do {
      for (let wait = this.#runBlock(); wait !== undefined; wait = this.#runBlock()) {
        await wait;
        turnedAtMs = readClock();
      }
      const nowMs = readClock();
      this.#adaptTo(nowMs - startedMs);
      if (nowMs - sentAtMs >= this.#setup.gatherMs) {
        this.#report.send();
        sentAtMs = nowMs;
      }
      startedMs = nowMs;
      if (nowMs - turnedAtMs > TURN_MS) {
        await new Promise(setImmediateAtLoad);
        startedMs = turnedAtMs = readClock();
      }
    } while (!range.isStopped && (range.claim(thread, this.#blockSize) || range.steal(thread)));
    this.#report.send();
    return range.isExhausted;
  }

  /** Runs jobs of the block: all of them, or up to one that returns a promise. */
  #runBlock(): Promise<void> | undefined {
    const range = this.#range;
    const { thread } = this.#setup;
    for (let id = range.take(thread); id >= 0; id = range.take(thread)) {
      if (!range.mayStart(id)) return undefined;
      this.#hasRun = true;
      try {
        const result = this.#call(id);
        if (isThenable(result)) return this.#settle(id, result);
        this.#report.add(id, result);
      } catch (error) {
        this.#fail(id, error);
      }
    }
    return undefined;
  }

  async #settle(id: number, result: PromiseLike<unknown>): Promise<void> {
    try {
      this.#report.add(id, await result);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #fail(id: number, error: unknown): void {
    const { onFailure } = this.#setup;
    // A job that heeds the stop has not failed.
    if (this.#range.isStopped && !this.#range.mayStart(id) && isAbort(error)) return;
    this.#report.addFailure(id, error);
    if (onFailure === 'go-on') return;
    this.#range.stopAbove(onFailure === 'stop' ? -1 : id);
    this.#report.send();
  }

  #adaptTo(tookMs: number): void {
    if (!this.#hasRun) return;
    this.#hasRun = false;
    const factor = Math.min(BLOCK_MS / Math.max(tookMs, 1e-6), GROWTH);
    const size = Math.max(1, Math.floor(this.#blockSize * factor));
    this.#blockSize = Math.min(size, LARGEST_BLOCK);
  }

  #log(level: LogLevel, text: string): void {
    this.#setup.port.postMessage({ level, text } satisfies RangeMessage);
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
