import { inspect } from 'node:util';
import type { BackgroundWorker } from './background-worker.ts';
import { ThreadTask } from './lane/thread-task.ts';
import type { WorkerFunction } from './worker-options.ts';

/** Levels of the pool's log. */
export type LogLevel = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

/** Receives the pool's log, see `BackgroundWorkerPool.setLogger`. */
export type Logger = (level: LogLevel, message: string) => void;

/** What is logged when nobody set a logger: warnings and errors, on standard error. */
function defaultLogger(level: LogLevel, message: string): void {
  if (level === 'ERROR' || level === 'WARNING') process.stderr.write(`${level} ${message}\n`);
}

/** The log of the pool. */
export class PoolLog {
  #logger: Logger | undefined = defaultLogger;

  setLogger(logger: Logger | undefined): void {
    this.#logger = logger;
  }

  /** Something happened to a worker; for DEBUG, and not composed while that would go nowhere. */
  worker<D>(what: string, { maxCount, name }: BackgroundWorker<D>): void {
    if (this.#logger === undefined || this.#logger === defaultLogger) return;
    const kind = maxCount > 0 ? 'actor' : 'worker';
    this.write('DEBUG', `${what} ${kind}: ${printableName(name)}`);
  }

  /** A callback of a worker threw or rejected. */
  failed(name: string | undefined, during: string, error: unknown): void {
    const what = `Worker "${printableName(name)}" exception during ${during}`;
    this.write('ERROR', `${what}: ${describeThrown(error)}`);
  }

  /** A job failed and nobody has asked for its result. */
  jobFailed(name: string, error: unknown): void {
    this.write('ERROR', `Job "${printableName(name)}" exception: ${describeThrown(error)}`);
  }

  /** A job lost its thread and is submitted again. */
  jobRetried(name: string, left: number, error: unknown): void {
    const what = `Job "${printableName(name)}" is submitted again, ${left} retries left`;
    this.write('WARNING', `${what}: ${describeThrown(error)}`);
  }

  /** Something happened to threads; composed only when somebody listens. */
  threads(what: () => string): void {
    if (this.#logger === undefined || this.#logger === defaultLogger) return;
    this.write('DEBUG', printableName(what()));
  }

  /** A function on a thread failed and nobody was waiting for it. */
  threadFailed(name: string, error: unknown): void {
    this.write('ERROR', `Thread "${printableName(name)}" exception: ${describeThrown(error)}`);
  }

  /** An entry. A logger that fails must not stop who logs: its error becomes an uncaught one. */
  write(level: LogLevel, message: string): void {
    try {
      this.#logger?.(level, message);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** A name as it appears in the log: control characters cannot forge lines or colours. */
export function printableName(name: string | undefined): string {
  if (name === undefined) return '(no name)';
  return name.replace(/[\p{Cc}\u2028\u2029]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  if (short !== character) return short;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The name of a callback as it appears in the log; a function may have any value for a name. */
export function nameOfFunction(callback: { readonly name: unknown }): string {
  const { name } = callback;
  return typeof name === 'string' && name !== '' ? printableName(name) : 'callback';
}

function nameOfCallback<D>(callback: WorkerFunction<D>): string {
  return callback instanceof ThreadTask ? callback.exportName : nameOfFunction(callback);
}

/** The text form of a worker. */
export function describeWorker<D>(worker: BackgroundWorker<D>): string {
  const { running, interval, startWithDelay, numberOfRuns, dispose, id, runOnTime } = worker;
  const shown = { name: printableName(worker.name), callback: nameOfCallback(worker.callback) };
  const rest = { running, interval, startWithDelay, numberOfRuns, dispose, id, runOnTime };
  const fields = Object.entries({ ...shown, ...rest });
  return `BackgroundWorker(${fields.map(([key, value]) => `${key}=${value}`).join(', ')})`;
}

/**
 * The text of something thrown, with its stack when it has one. Never throws. Lines behind the
 * first are indented, so that none can be taken for an entry of its own.
 */
function describeThrown(thrown: unknown): string {
  const lines = textOfThrown(thrown).split('\n');
  return lines
    .map((line) => line.replaceAll('\t', '  '))
    .map(printableName)
    .join('\n  ');
}

function textOfThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return `${thrown.message}\n${thrown.stack ?? ''}`;
    // Not `String(thrown)`, which may run code of the thrown object, and fail.
    return inspect(thrown, { customInspect: false });
  } catch {
    return 'an error that cannot be shown';
  }
}
