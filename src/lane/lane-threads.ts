/**
 * The native threads that this isolate has started, and the message ports to them.
 *
 * A thread is a `worker_threads` isolate. It does not hold the process: jobs do. How many there are
 * is the core's decision; here they are started and ended.
 */
import { MessageChannel, type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads';
import { withoutContext } from '../async-context.ts';
import { ThreadStartError } from '../errors.ts';
import { setTimeoutAtLoad } from '../host-at-load.ts';
import { bindingPath } from '../native.ts';
import { threadModule } from '../thread-module.ts';
import { loaderHints } from './loader-hints.ts';
import { threadSettings } from './thread-settings.ts';

/** Answer of the native side: start a thread. */
export const START_THREAD = -2;
/** Answer of the native side to a kick: all threads have just begun something; kick again soon. */
export const LOOK_AGAIN = -3;

/** A thread for everybody's jobs. */
export const FOR_ANYBODY = 0;
/** A thread for one parcel of ours, and for everybody's jobs afterwards. */
export const FOR_PARCEL = 1;
/** A thread that is leased. */
export const FOR_LEASE = 2;

/** What a thread is told at its start. */
export interface LaneStart {
  readonly home: number;
  readonly ticket: number;
  readonly reservation: number;
  readonly port: MessagePort;
  readonly initializer: string | undefined;
  readonly tasksPerThread: number;
  readonly heapLimitBytes: number;
  readonly loaderHints: unknown;
  /** Where the native binding was found. */
  readonly bindingPath: string | undefined;
}

/** One thread. */
export interface LaneThread {
  readonly ticket: number;
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly reservation: number;
  /** Numbers of definitions with shared memory that were sent to it. */
  readonly sentDefinitions: Set<number>;
  /** What it died of, when it said so. */
  error: unknown;
  isUp: boolean;
  /** Parcels that were sent to it and have not settled. */
  load: number;
}

/** How often idle threads are looked at, at most. */
const SHORTEST_WATCH_MS = 10;
/** Threads that did not come up in a row until waiting jobs are failed. */
const FAILURES = 3;

/** Options of Node that matter to a thread also when it cannot have all of the program's. */
const LOADING_OPTION =
  /^(?:--(?:import|require|loader|experimental-loader|conditions)|-[rC])(?==|$)/;

/**
 * Options of Node for a thread: those of the program, unless it is given as text. That comes with an
 * option which a thread, as it runs a file, would refuse.
 */
function threadExecArgv(): { readonly execArgv?: string[] } {
  const all = process.execArgv;
  if (!all.some((option) => option.startsWith('--input-type'))) return {};
  const execArgv: string[] = [];
  for (const [at, option] of all.entries()) {
    if (!LOADING_OPTION.test(option)) continue;
    execArgv.push(option);
    const value = all[at + 1];
    if (!option.includes('=') && value !== undefined) execArgv.push(value);
  }
  return { execArgv };
}

/** See the head of the file. */
export class LaneThreads {
  /** Called for each new thread. */
  onStart: ((thread: LaneThread) => void) | undefined;
  readonly #threads = new Map<number, LaneThread>();
  readonly #home: number;
  readonly #onStartFailed: (
    thread: LaneThread,
    error: ThreadStartError,
    isHopeless: boolean,
  ) => void;
  readonly #readNotices: () => void;
  #tickets = 0;
  #idleWatch: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(
    home: number,
    onStartFailed: (thread: LaneThread, error: ThreadStartError, isHopeless: boolean) => void,
    readNotices: () => void,
  ) {
    this.#home = home;
    this.#readNotices = readNotices;
    this.#onStartFailed = onStartFailed;
  }

  /** Threads that were started and have not ended. */
  get count(): number {
    return this.#threads.size;
  }

  get(ticket: number): LaneThread | undefined {
    return this.#threads.get(ticket);
  }

  all(): IterableIterator<LaneThread> {
    return this.#threads.values();
  }

  /** Starts a thread. */
  start(reservation: number): LaneThread {
    // The caller's asynchronous context must not live on in the thread's events.
    return withoutContext(() => this.#start(reservation));
  }

  /** The core says that the thread is there. */
  noteUp(ticket: number): void {
    const thread = this.#threads.get(ticket);
    if (thread !== undefined) thread.isUp = true;
    this.#failures = 0;
  }

  /** Ends a thread at once, whatever it is doing. */
  end(ticket: number): void {
    this.#threads.get(ticket)?.worker.terminate();
  }

  /** When no thread is left but leased ones. */
  allGone(): Promise<void> {
    const exits: Promise<void>[] = [];
    for (const { worker, reservation, isUp } of this.#threads.values()) {
      if (reservation === FOR_LEASE) continue;
      exits.push(new Promise((resolve) => worker.once('exit', () => resolve())));
      // The caller waits for it, so it holds the process now.
      worker.ref();
      if (!isUp) worker.terminate();
    }
    return Promise.all(exits).then(() => undefined);
  }

  /** Ends threads that stay idle, by and by. `retire` ends up to so many, but keeps some. */
  watchIdle(retire: (most: number, keep: number, idleMs: number) => void): void {
    if (this.#idleWatch !== undefined) return;
    const { idleTimeoutMs, minThreads } = threadSettings;
    if (!Number.isFinite(idleTimeoutMs) || this.count <= minThreads) return;
    this.#idleWatch = setTimeoutAtLoad(
      () => {
        this.#idleWatch = undefined;
        retire(this.count, threadSettings.minThreads, threadSettings.idleTimeoutMs);
        this.watchIdle(retire);
      },
      Math.max(idleTimeoutMs, SHORTEST_WATCH_MS),
    );
    this.#idleWatch.unref();
  }

  #start(reservation: number): LaneThread {
    const settings = threadSettings;
    const { port1: port, port2: remotePort } = new MessageChannel();
    const ticket = this.#tickets++;
    const start: LaneStart = {
      home: this.#home,
      ticket,
      reservation,
      port: remotePort,
      initializer: settings.initializer,
      tasksPerThread: settings.tasksPerThread,
      heapLimitBytes: settings.heapLimitBytes,
      loaderHints: loaderHints(),
      bindingPath: bindingPath(),
    };
    const worker = new Worker(threadModule('lane-thread.cjs'), {
      name: `backbeat-lane-${ticket}`,
      workerData: start,
      transferList: [remotePort],
      env: SHARE_ENV,
      ...threadExecArgv(),
      resourceLimits: settings.resourceLimits,
    });
    const thread: LaneThread = {
      ticket,
      worker,
      port,
      reservation,
      sentDefinitions: new Set(),
      error: undefined,
      isUp: false,
      load: 0,
    };
    this.#threads.set(ticket, thread);
    worker.unref();
    port.unref();
    worker.on('error', (error) => {
      thread.error = error;
    });
    worker.once('exit', (code) => this.#ended(thread, code));
    this.onStart?.(thread);
    return thread;
  }

  #ended(thread: LaneThread, code: number): void {
    // It may have come up and have said so a moment ago.
    this.#readNotices();
    this.#threads.delete(thread.ticket);
    thread.port.close();
    if (thread.isUp) return;
    const isHopeless = ++this.#failures >= FAILURES;
    this.#onStartFailed(thread, new ThreadStartError(code, thread.error), isHopeless);
  }
}
